// The data of an index, as experiments/study/pages.py writes it.

/**
 * @typedef {["right" | "wrong" | "ungraded" | "failed", string, number, number, number]} Result Its mark, its answer or
 *   reason, the number of its tree on the problem's page (-1 for none), its kept rewrites, and its generated tokens.
 *
 * @typedef {object} Problem
 * @property {string} id
 * @property {number | null} steps
 * @property {string} question
 * @property {string} reference
 * @property {string} page Address of its page; "" where no arm has a tree.
 * @property {Result[][]} cells Results by arm.
 *
 * @typedef {object} Arm
 * @property {string} name
 * @property {string} colour
 * @property {string} mark
 * @property {string} right Share of right answers with its interval.
 * @property {number} count
 * @property {number} failed
 * @property {number} ungraded
 * @property {string[]} tokens Of each role.
 * @property {string[]} gflops Of each role, of all, and of all but the scorer; a dash where unknown.
 *
 * @typedef {object} IndexData
 * @property {string} name
 * @property {number} live Seconds between two readings of the index of a run that goes on; 0 for others.
 * @property {string} progress What is still missing; "" for a complete run.
 * @property {string[]} roles
 * @property {Arm[]} arms
 * @property {Problem[]} problems
 */

export {};
