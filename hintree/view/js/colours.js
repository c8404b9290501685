// Colours: cividis for scores, which the colour-blind see as others do, and which greyscale keeps.

const CIVIDIS = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];

/** The colour of the chosen path. */
export const CHOSEN = "#d55e00";

/**
 * The colour of a score in [0, 1]; none without a score.
 * @param {number | null} score
 */
export function colour(score) {
  if (score === null) return "transparent";
  const at = Math.min(Math.floor(score * 5), 4), share = score * 5 - at;
  const mixed = CIVIDIS[at].map((a, k) => Math.round(a + share * (CIVIDIS[at + 1][k] - a)));
  return `rgb(${mixed.join()})`;
}

/**
 * The colour of text that has a contrast of at least 4.5 on the colour of a score.
 * @param {number} score
 */
export function inkOn(score) {
  return score < 0.43 ? "#fff" : "#000";
}
