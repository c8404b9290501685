// The data of a page, as hintree/view/page.py writes it.

/**
 * @typedef {string | [string, string, ...any[]]} Rich A text, or an element: its tag, its class, and what it holds.
 *
 * @typedef {object} Usage Cost of a role.
 * @property {number} calls
 * @property {number} prompt_tokens
 * @property {number} forwarded_tokens
 * @property {number} generated_tokens
 * @property {number} discarded_tokens
 * @property {number} flops
 * @property {number} seconds
 *
 * @typedef {object} Story Facts of a search beside its tree.
 * @property {string | null} answer
 * @property {number | null} confidence In [0, 1].
 * @property {string} status
 * @property {Record<string, string>} method
 * @property {Record<string, string>} models By role.
 * @property {Record<string, Usage>} usage By role.
 * @property {string | null} reference
 * @property {boolean | null} right
 * @property {number | null} first_wrong Id of the first wrong step of the chosen path.
 *
 * @typedef {object} Columns A tree: a list per field that all steps have, an object by id per field that few have.
 * @property {string} name
 * @property {string} seed
 * @property {number} chosen Id of the last step of the chosen path.
 * @property {Story | null} story
 * @property {number[]} parent
 * @property {string[]} text
 * @property {string} author A letter per step.
 * @property {string} status A letter per step.
 * @property {string} ended A letter per step.
 * @property {Array<number | null>} score
 * @property {number[]} visits
 * @property {number[]} value
 * @property {number[]} tokens
 * @property {number[]} mean
 * @property {number[]} min
 * @property {number[]} entropy
 * @property {number[]} index
 * @property {string[]} key
 * @property {Record<number, string>} hint
 * @property {Record<number, string>} critique What a correction was written after.
 * @property {Record<number, string>} fault What the scorer suspects.
 * @property {Record<number, string>} action Name of the action that wrote a step; none for a plain step.
 * @property {Record<number, string>} yields Kind of the text that the action wrote.
 * @property {Record<number, number>} level Level in the tree of questions: 1 for a sub-question of the problem, and its answer.
 * @property {Record<number, number>} copyOf The step whose text, or a line of it, was copied.
 * @property {Record<number, Array<[string, string]>>} passages Id and text of each.
 * @property {Record<number, Array<[string, number, number, string | null]>>} cites Id of each cited passage, the step that
 * looked it up, its number there, and the quotation, if there is one.
 * @property {Record<number, number>} hintTokens
 * @property {Record<number, string>} reason
 * @property {Record<number, number>} replaces
 * @property {Record<number, number>} duplicateOf
 * @property {Record<number, number>} replacedBy
 * @property {Record<number, string>} answer
 * @property {Record<number, string>} thought
 * @property {Record<number, Rich[]>} rich
 * @property {Array<[string, number, any]> | null} events
 *
 * @typedef {object} PageData
 * @property {string} question
 * @property {string} id
 * @property {Rich[] | null} rich The question, typeset.
 * @property {Record<string, string>} links Addresses of the pages "previous", "index" and "next", where there are any.
 * @property {number} live Seconds between two readings of a page whose search still runs; 0 for a complete one.
 * @property {Columns[]} trees
 */

export {};
