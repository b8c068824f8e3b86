'use strict'

/*
 * What the conformance suite asks of an engine and Redis does not have, by reason. The tests beside this file ask for what
 * takes its place. A title that no test has fails the run.
 */

const REASONS = {
  'Redis keeps its own bounds': [
    'it declares what it can',
    'a session that was evicted while its request ran is saved',
    'the same beside logouts of others, at a bound on bytes',
    'a session that is evicted while its request runs is saved',
    'a session too large for the store: an error through the callback, and the old one stays',
    'a session too large for the store, saved at the end of the request: an error, and the old session stays',
    'a session too large for the store, saved by session.save: an error, and the old session stays',
    'without a callback that error is thrown, or a warning where it comes later',
    'bytes are those of the sessions, and given back',
    ...[undefined, null, 0, false, ''].map(thrown => `protect throws ${JSON.stringify(thrown)}: an error all the same`)
  ],
  'Redis removes what has expired, by its own clock': [
    'a session is there up to its deadline, and not from then on',
    'what has expired goes by itself, a little with each call',
    'prune removes all that has expired at the time it is given',
    'a commit renews the deadline, forwards and backwards',
    'touch renews the deadline and the cookie, and leaves the data',
    'touch makes no session',
    'touch renews cookie and deadline, and leaves the data',
    'a session expires with its cookie',
    'without an expiry, after a day; with the ttl option, when that is up, or with the cookie',
    'prune removes what has expired; checkPeriod calls it',
    'a session expires after its maxAge, counted from the last request',
    'the same when it was removed meanwhile',
    'any sequence of calls does what the model does'
  ],
  'a key that has expired is as gone as a destroyed one': [
    'two requests that save the same session after it has expired are both saved',
    'the same beside the logouts of 5,000 others',
    'a session that expires while its request runs is saved',
    'a session that expired while its request ran is saved'
  ],
  'the revision is that the key exists': [
    'a session that was made anew is not written over by a late save of the destroyed one'
  ],
  'Redis does not tell what it removes': [
    'what is removed is told to those who watch, once, in order, with its text',
    'what is written over is told to those who want it',
    'clear destroys each session for those who watch',
    'drain gives at most as many as it is asked for',
    'only what happens while one watches is told',
    'a removed session whose text is no JSON is told with that text',
    'util.inspect shows neither ids nor sessions',
    'expired, evicted and destroyed come once each, after the removal, with id and session',
    'events come without anybody calling the store',
    'clear and regenerate tell "destroyed"',
    'dispose hears of each session that is replaced or removed, before the callback',
    'a touch disposes of nothing, whoever wrote the text',
    'noDisposeOnSet: not of those that are replaced',
    'a dispose that throws reaches the callback once; the removal is done',
    'a dispose that is an async function and throws is a warning',
    'a listener that throws is a warning, and breaks nothing'
  ],
  'Redis counts its sessions only by walking over them': [
    'stats count what was done and what there is',
    'stats'
  ],
  'keys and texts are UTF-8, which has no halves of surrogate pairs': [
    'a long text with half a surrogate pair is stored as it is',
    'a text is stored as it is',
    'ids that differ in anything are different ids'
  ],
  'closing the store leaves the sessions to other processes': [
    'clear removes all; close too, and may be called twice'
  ]
}

const reasons = new Map(Object.entries(REASONS).flatMap(([reason, titles]) => titles.map(title => [title, reason])))
const unseen = new Set(reasons.keys())

/** Why a test is skipped, or false. */
function without (title) {
  unseen.delete(title)
  return reasons.get(title) || false
}

without.unseen = unseen

module.exports = without
