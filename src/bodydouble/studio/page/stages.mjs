// What the stages of the making are called here, in their order.
export const STAGES = [
  ["photo", "Reading the photo"],
  ["person", "Finding the person"],
  ["labels", "Telling hair, skin and clothes apart"],
  ["body model", "Fetching a body"],
  ["fit", "Fitting the body"],
  ["clothing", "Shaping the clothes"],
  ["far side", "Guessing the far side"],
  ["texture", "Taking the photo's colours"],
  ["refine", "Matching the photo"],
  ["inpaint", "Painting what the photo does not show"],
  ["saving", "Saving the double"],
];

// The place of a stage among them. What is told within a stage, as "fitting: limbs", leaves it at the one before.
export function stageIndex(stage, before = 0) {
  const index = STAGES.findIndex(([name]) => name === stage);
  return index < 0 ? (stage.startsWith("fitting") ? 4 : before) : index;
}
