// The shape of a step: circle for the reasoner, diamond under a hint, square for the teacher, triangle for the hinter and,
// upside down, for the retriever, hexagon for the verifier; a cross where it was given up.

/**
 * @typedef {object} Mark
 * @property {number} x
 * @property {number} y
 * @property {number} r
 * @property {string} author
 * @property {string} status
 * @property {string} fill
 * @property {string} ink
 * @property {boolean} folded
 */

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Mark} mark
 */
export function shape(pen, {x, y, r, author, status, fill, ink, folded}) {
  const lost = status === "pruned" || status === "rejected" || status === "failed";
  pen.globalAlpha = lost ? 0.4 : 1;
  pen.fillStyle = fill;
  pen.strokeStyle = ink;
  pen.lineWidth = status === "terminal" ? 2 : 0.9;
  pen.beginPath();
  if (author === "teacher") pen.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else if (author === "hinted") {
    pen.moveTo(x, y - 1.2 * r);
    pen.lineTo(x + 1.2 * r, y);
    pen.lineTo(x, y + 1.2 * r);
    pen.lineTo(x - 1.2 * r, y);
    pen.closePath();
  } else if (author === "hinter" || author === "retriever") {
    const up = author === "hinter" ? 1 : -1;
    pen.moveTo(x, y - 1.2 * up * r);
    pen.lineTo(x + 1.2 * r, y + up * r);
    pen.lineTo(x - 1.2 * r, y + up * r);
    pen.closePath();
  } else if (author === "verifier") {
    for (const [a, b] of [[-1.2, 0], [-0.6, -1], [0.6, -1], [1.2, 0], [0.6, 1], [-0.6, 1]]) pen.lineTo(x + a * r, y + b * r);
    pen.closePath();
  } else pen.arc(x, y, r, 0, 7);
  pen.fill();
  pen.stroke();
  if (status === "rejected" || status === "failed") {
    pen.globalAlpha = 0.8;
    pen.lineWidth = 1.2;
    pen.beginPath();
    pen.moveTo(x - r, y - r);
    pen.lineTo(x + r, y + r);
    if (status === "failed") { pen.moveTo(x + r, y - r); pen.lineTo(x - r, y + r); }
    pen.stroke();
  }
  if (folded) {
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    pen.beginPath();
    for (const k of [-1, 0, 1]) { pen.moveTo(x + 0.7 * k * r, y + 1.5 * r); pen.lineTo(x + 0.7 * k * r, y + 2.2 * r); }
    pen.stroke();
  }
}
