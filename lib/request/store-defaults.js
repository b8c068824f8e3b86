'use strict'

module.exports = { storeDefault }

/**
 * The value of an option that the store may have a default for, in `store.sessionDefaults` (see stores/store.js), and
 * the name of what gave it.
 *
 * @param {'touchAfter'|'onDisconnect'} name
 * @param {any} option as the app gave it
 * @param {any} store
 * @return {[any, string]}
 */
function storeDefault (name, option, store) {
  if (option !== undefined) return [option, `${name} option`]
  const defaults = store.sessionDefaults
  return [typeof defaults === 'object' && defaults !== null ? defaults[name] : undefined, `${name} of the store's sessionDefaults`]
}
