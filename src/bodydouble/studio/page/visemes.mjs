// From written words to shapes of the mouth: English letters and pairs of letters, by the sounds that they mostly are.
export const SHAPES = {
  aa: { aa: 1 },
  ih: { ih: 0.9 },
  ou: { ou: 1 },
  ee: { ee: 0.9 },
  oh: { oh: 1 },
  closed: { MouthClose: 0.1, MouthPressLeft: 0.6, MouthPressRight: 0.6 },
  teeth: { MouthRollLower: 0.5, MouthUpperUpLeft: 0.3, MouthUpperUpRight: 0.3, JawOpen: 0.05 },
  hiss: { ih: 0.35, MouthStretchLeft: 0.25, MouthStretchRight: 0.25 },
  tongue: { aa: 0.3 },
  round: { ou: 0.6 },
  throat: { aa: 0.35 },
  rest: {},
};
const LETTERS = [
  [/^(oo|ou|ew|ue)/, "ou"],
  [/^(ee|ea|ie|ei)/, "ee"],
  [/^(ai|ay|ey)/, "ee"],
  [/^(oa|ow|au|aw)/, "oh"],
  [/^(th|dh)/, "tongue"],
  [/^(sh|ch|zh|sch)/, "round"],
  [/^(ph|gh)/, "teeth"],
  [/^(wh|qu)/, "round"],
  [/^(ng|ck)/, "throat"],
  [/^[aá-å]/, "aa"],
  [/^[eè-ëæä]/, "ih"],
  [/^[iì-ïyý]/, "ih"],
  [/^[oò-öø]/, "oh"],
  [/^[uù-ü]/, "ou"],
  [/^[bmp]/, "closed"],
  [/^[fv]/, "teeth"],
  [/^[szcxj]/, "hiss"],
  [/^[dtnl]/, "tongue"],
  [/^[wr]/, "round"],
  [/^[gkhq]/, "throat"],
];
export const VOWELS = ["aa", "ih", "ou", "ee", "oh"];
const [VOWEL_S, CONSONANT_S, WORD_S, CLAUSE_S] = [0.13, 0.075, 0.05, 0.35];

// [{ shape, seconds }] of a text. Letters that say nothing of the mouth's shape are passed over.
export function visemesOf(text) {
  const told = [];
  let left = text.toLowerCase().normalize("NFC");
  while (left) {
    const [pattern, shape] = LETTERS.find(([each]) => each.test(left)) ?? [];
    if (pattern) told.push({ shape, seconds: VOWELS.includes(shape) ? VOWEL_S : CONSONANT_S });
    else if (/^[.,;:!?…–—\n]/.test(left)) told.push({ shape: "rest", seconds: CLAUSE_S });
    else if (/^\s/.test(left)) told.push({ shape: "rest", seconds: WORD_S });
    left = left.slice(pattern ? pattern.exec(left)[0].length : 1);
  }
  return told.filter(({ shape }, index) => shape === "rest" || shape !== told[index - 1]?.shape);
}
