// A photo from the camera: seen before it is taken, and taken late enough to step back.
import { complain, el, say } from "./dom.mjs";

const DELAY_S = 5;
const WISHED = { video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1920 } }, audio: false };

// Opens a dialog; `take` gets the photo as a file.
export async function openCamera(take) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(WISHED);
  } catch {
    complain("There is no camera, or this page may not use it.");
    return;
  }
  const video = el("video", { muted: true, autoplay: true, playsInline: true, "aria-label": "What the camera sees" });
  video.srcObject = stream;
  const count = el("p", { class: "count", "aria-hidden": "true" });
  const shoot = el("button", { class: "button strong", onclick: () => start() }, `Take the photo in ${DELAY_S} seconds`);
  const close = el("button", { class: "button", onclick: () => dialog.close() }, "Close");
  const dialog = el("dialog", { class: "camera card", "aria-label": "Camera" },
    el("div", { class: "view" }, video, count),
    el("p", { class: "quiet" }, "Step back until the picture shows you from head to feet."),
    el("p", { class: "actions" }, shoot, close));
  let timer = 0;
  dialog.addEventListener("close", () => {
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    dialog.remove();
  });

  function start() {
    shoot.disabled = true;
    let left = DELAY_S;
    const tick = () => {
      count.textContent = left || "";
      say(left ? String(left) : "Taken");
      if (left-- === 0) finish();
    };
    tick();
    timer = setInterval(tick, 1000);
  }

  async function finish() {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d").drawImage(video, 0, 0);
    const photo = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
    dialog.close();
    take(new File([photo], "camera.jpg", { type: "image/jpeg" }));
  }

  document.body.append(dialog);
  dialog.showModal();
}
