'use strict'

/*
 * Promises of the contract that the memory engine does not keep yet: what is lost of removals. Their tests run, are
 * reported as todo, and fail no run. Take a line out when the engine keeps the promise.
 */
module.exports = new Set([
  'who drains in time loses nothing to one who does not',
  'a queue that is drained in time loses nothing',
  'removals count as bytes; the oldest lose their data, then themselves, and are counted as lost',
  'what is drained, or watched no more, is given back'
])
