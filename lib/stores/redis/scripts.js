'use strict'

const { createHash } = require('crypto')

/**
 * @typedef {object} Script
 * @property {string} text
 * @property {string} sha
 */

/**
 * Renews a session's deadline, and the cookie in its text. KEYS[1]; ARGV: the cookie's JSON, and milliseconds.
 *
 * Returns 0 if there is no session, and 1 if it is done. Otherwise returns the text: it does not begin with a cookie, and
 * only its deadline was renewed. Only one prefix of a JSON text can be a complete object. So if cjson accepts the match, it
 * is the whole cookie.
 */
const TOUCH = script(`
local text = redis.call('GET', KEYS[1])
if not text then return 0 end
local cookie = string.match(text, '^{"cookie":(%b{})')
if cookie and pcall(cjson.decode, cookie) then
  redis.call('SET', KEYS[1], '{"cookie":' .. ARGV[1] .. string.sub(text, 11 + #cookie), 'PX', ARGV[2])
  return 1
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return text`)

/**
 * Writes a text over another, and over nothing else: SET with IFEQ and GET, for servers that do not have it. KEYS[1]; ARGV:
 * the text that has to be there, the new one, and milliseconds or an empty string. Gives the text that was there.
 */
const REPLACE = script(`
local text = redis.call('GET', KEYS[1])
if text == ARGV[1] then
  if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
end
return text`)

/**
 * Runs a script in one trip; in two, when the server does not know it yet.
 *
 * @param {import('./client').Client} client
 * @param {Script} script
 * @param {string} key
 * @param {string[]} args
 */
async function run (client, { text, sha }, key, args) {
  try {
    return await client.send(key, ['EVALSHA', sha, '1', key, ...args])
  } catch (err) {
    if (!/NOSCRIPT/.test(String(/** @type {any} */ (err).message))) throw err
    return await client.send(key, ['EVAL', text, '1', key, ...args])
  }
}

/**
 * @param {string} source
 * @return {Script}
 */
function script (source) {
  const text = source.trim()
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

module.exports = { REPLACE, run, TOUCH }
