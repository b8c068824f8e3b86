'use strict'

/*
 * Preloaded into every test process. Decides what `express-session` is there: the package under test or the original,
 * for the app and for every store in node_modules, as it is after `npm i express-session@npm:express-session-native`.
 *
 *   CONTESTANT  "ours" or "upstream"
 *   PACKAGE     where ours is, when not at the top of this repository
 *   FOREIGN     a package that keeps a nested copy of an old express-session for itself
 *   REDIRECT    JSON: package → { dependency: installed name }, for majors that are installed side by side
 *   SABOTAGE    what to break on purpose: see sabotage.js
 */

const Module = require('module')
const path = require('path')
const { pathToFileURL } = require('url')

const modules = path.join(__dirname, 'node_modules')
const upstream = path.join(modules, 'express-session')
const ours = process.env.PACKAGE || path.resolve(__dirname, '../..')
const chosen = process.env.CONTESTANT === 'ours' ? ours : upstream
const foreign = process.env.FOREIGN
const redirect = JSON.parse(process.env.REDIRECT || '{}')

/** What a module of `issuer` gets for `request`: another request, or the same. */
function substitute (request, issuer) {
  const owner = packageOf(issuer)
  if (request === 'express-session' || request.startsWith('express-session/')) {
    const root = foreign && owner === foreign ? path.join(modules, 'express-session-1.17') : chosen
    return root + request.slice('express-session'.length)
  }
  const [name] = /^(@[^/]+\/)?[^/]+/.exec(request) || []
  const installed = redirect[owner] && redirect[owner][name]
  return installed ? path.join(modules, installed) + request.slice(name.length) : request
}

function packageOf (file) {
  const parts = String(file).split(/[\\/]node_modules[\\/]/)
  if (parts.length < 2) return ''
  const [first, second] = parts.pop().split(/[\\/]/)
  return first.startsWith('@') ? first + '/' + second : first
}

const resolveFilename = Module._resolveFilename
Module._resolveFilename = function (request, parent, ...rest) {
  return resolveFilename.call(this, substitute(request, parent && parent.filename), parent, ...rest)
}

// the same for `import`: only whole packages are ever imported there
if (Module.register) {
  const main = pathToFileURL(require.resolve('express-session')).href
  Module.register('data:text/javascript,' + encodeURIComponent(`
    export function resolve (specifier, context, next) {
      return specifier === 'express-session' ? next(${JSON.stringify(main)}, context) : next(specifier, context)
    }`))
}

/** Fails when a store got hold of another express-session than it was to have. */
module.exports = function verify () {
  const loaded = Object.keys(require.cache)
  const has = (root) => loaded.includes(path.join(root, 'index.js'))
  const other = chosen === upstream ? ours : upstream
  if (!has(chosen)) throw new Error('The contestant was not loaded.')
  if (has(other)) throw new Error('Both contestants are loaded: ' + other)
  if (foreign && !has(path.join(modules, 'express-session-1.17'))) throw new Error('The nested copy was not loaded.')
}

if (process.env.SABOTAGE) require('./sabotage')(process.env.SABOTAGE)
