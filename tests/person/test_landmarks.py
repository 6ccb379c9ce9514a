"""The named rows are MediaPipe's own."""

from bodydouble.person import landmarks
from bodydouble.person.landmarks import MIRRORED, BodyPoint, HandPoint, side_point


def test_names_are_mediapipes():
    from mediapipe.python.solutions.hands import HandLandmark
    from mediapipe.python.solutions.pose import PoseLandmark

    assert {point.name: int(point) for point in BodyPoint} == {point.name: int(point) for point in PoseLandmark}
    assert HandPoint.WRIST == HandLandmark.WRIST
    assert HandPoint.INDEX_KNUCKLE == HandLandmark.INDEX_FINGER_MCP
    assert HandPoint.PINKY_KNUCKLE == HandLandmark.PINKY_MCP


def test_what_is_a_line_on_the_body_is_one_of_mediapipes():
    from mediapipe.python.solutions.hands_connections import HAND_CONNECTIONS
    from mediapipe.python.solutions.pose_connections import POSE_CONNECTIONS

    known = {frozenset(map(int, pair)) for pair in POSE_CONNECTIONS}
    for name in ("TRUNK", "ARMS", "LEGS", "TOES", "SOLES", "PALMS"):
        assert {frozenset(map(int, pair)) for pair in getattr(landmarks, name)} <= known
    fingers = {frozenset(pair) for pair in landmarks.FINGERS}
    palm = {frozenset((5, 9)), frozenset((9, 13)), frozenset((13, 17))}
    assert {frozenset(pair) for pair in HAND_CONNECTIONS} - palm <= fingers


def test_the_other_side():
    assert [MIRRORED[row] for row in MIRRORED] == list(BodyPoint)
    assert MIRRORED[BodyPoint.NOSE] == BodyPoint.NOSE and MIRRORED[BodyPoint.MOUTH_LEFT] == BodyPoint.MOUTH_RIGHT
    for part in ("eye_inner", "shoulder", "foot_index"):
        assert MIRRORED[side_point("left", part)] == side_point("right", part)
