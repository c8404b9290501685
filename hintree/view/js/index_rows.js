// Which problems are listed, and in which order.

/** @typedef {import("./index_types.js").Problem} Problem */
/** @typedef {import("./index_types.js").Result} Result */

/**
 * @typedef {object} State What is looked at; it is kept in the address.
 * @property {string} q
 * @property {string} outcome
 * @property {string} arm Number of the arm that the outcome is of; "" for any.
 * @property {boolean} rewritten
 * @property {number} cost Least number of generated tokens.
 * @property {string} sort "id", "steps", "question", "wrong", "tokens" or the number of an arm.
 * @property {boolean} down
 * @property {number[]} arms Arms that are shown.
 * @property {number} row Selected problem, by its place in the study; -1 for none.
 */

/** @type {Record<string, number>} */
const BADNESS = {right: 0, ungraded: 1, wrong: 2, failed: 3};

/**
 * Number of results that are wrong or failed.
 * @param {Result[][]} cells
 */
export function wrongs(cells) {
  return cells.flat().filter(([mark]) => mark === "wrong" || mark === "failed").length;
}

/**
 * Tell whether two of the arms have different outcomes.
 * @param {Result[][]} cells
 */
function differ(cells) {
  const kinds = new Set(cells.filter((cell) => cell.length).map((cell) => cell.map(([mark]) => mark).sort().join()));
  return kinds.size > 1;
}

/**
 * Places of the problems that pass the filters, sorted.
 * @param {Problem[]} problems
 * @param {State} state
 * @returns {number[]}
 */
export function listed(problems, state) {
  const words = state.q.trim().toLowerCase();
  /** @param {Problem} problem */
  const passes = (problem) => {
    const cells = state.arm === "" ? state.arms.map((k) => problem.cells[k]) : [problem.cells[Number(state.arm)] || []];
    const results = cells.flat();
    if (words && !`${problem.id}\n${problem.question}\n${problem.reference}\n${results.map((r) => r[1]).join("\n")}`.toLowerCase().includes(words)) return false;
    if (state.outcome === "differ" ? !differ(state.arms.map((k) => problem.cells[k])) : state.outcome && !results.some(([mark]) => mark === state.outcome)) return false;
    if (state.rewritten && !results.some((result) => result[3] > 0)) return false;
    return !state.cost || results.some((result) => result[4] >= state.cost);
  };
  const places = problems.map((_, k) => k).filter((k) => passes(problems[k])), sign = state.down ? -1 : 1;
  const keys = new Map(places.map((k) => [k, keyOf(problems[k], state)]));
  return places.sort((a, b) => {
    const [x, y] = [keys.get(a) ?? "", keys.get(b) ?? ""];
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en", {numeric: true});
    return sign * order || a - b;
  });
}

/**
 * @param {Problem} problem
 * @param {State} state
 * @returns {number | string}
 */
function keyOf(problem, state) {
  if (state.sort === "id") return problem.id;
  if (state.sort === "question") return problem.question;
  if (state.sort === "reference") return problem.reference;
  if (state.sort === "steps") return problem.steps ?? -1;
  const shown = state.arms.map((k) => problem.cells[k]);
  if (state.sort === "wrong") return wrongs(shown);
  if (state.sort === "tokens") return shown.flat().reduce((sum, result) => sum + result[4], 0);
  const cell = problem.cells[Number(state.sort)] || [];
  return cell.reduce((sum, result) => sum + 1e9 * BADNESS[result[0]] + result[4], 0);
}
