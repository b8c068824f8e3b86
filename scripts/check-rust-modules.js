'use strict'

/* Checks the imports between the modules of src/: none runs upward, and none are in a circle. Tests may import anything. */

const fs = require('fs')
const path = require('path')

const SRC = path.join(__dirname, '../src')
/** What the modules of a folder may import, besides those of the folder itself. */
const MAY_IMPORT = { binding: ['engines', 'codec', 'http'], engines: ['codec'], codec: [], http: [] }

const NOT_CODE = /\/\/.*|\/\*[^]*?\*\/|\bb?r(#*)"[^]*?"\1|"(?:\\[^]|[^"\\])*"|'(?:\\(?:u\{\w+\}|x..|.)|[^'\\])'/g
const modules = new Map() // from the name of a module to the names of those that it imports

read('', path.join(SRC, 'lib.rs'))
const problems = [...upward(), ...circle()]
for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log(`${modules.size} Rust modules: no import runs upward, and none are in a circle`)
process.exitCode = problems.length === 0 ? 0 : 1

/** Reads a module and those that it declares. */
function read (name, file) {
  const code = withoutTests(fs.readFileSync(file, 'utf8').replace(NOT_CODE, ' '))
  const folder = /(?:lib|mod)\.rs$/.test(file) ? path.dirname(file) : file.slice(0, -'.rs'.length)
  const children = [...code.matchAll(/\bmod\s+(\w+)\s*;/g)].map(([, child]) => child)

  modules.set(name, { children, paths: [...children.map(child => ['self', child]), ...pathsIn(code)] })
  for (const child of children) {
    const flat = path.join(folder, child + '.rs')
    read(join(name, child), fs.existsSync(flat) ? flat : path.join(folder, child, 'mod.rs'))
  }
}

/** Removes each item that is marked `#[cfg(test)]`. */
function withoutTests (code) {
  for (let at; (at = code.indexOf('#[cfg(test)]')) >= 0;) {
    let end = at
    for (let depth = 0; end < code.length; end++) {
      if (code[end] === '{') depth++
      if (code[end] === '}') depth--
      if (depth === 0 && (code[end] === '}' || code[end] === ';')) break
    }
    code = code.slice(0, at) + code.slice(end + 1)
  }
  return code
}

/** The paths of a file's `use` items, and those that begin with `crate`, `self` or `super` elsewhere. */
function pathsIn (code) {
  const used = []
  const rest = code.replace(/\buse\s+([^;]+);/g, (_, tree) => {
    used.push(...expand(tree.replace(/\s+as\s+\w+|\s+/g, '')))
    return ''
  })
  const inline = rest.match(/\b(?:crate|self|super)(?:::\w+)+/g) || []
  return [...used, ...inline].map(found => found.split('::'))
}

/** `a::{b, c::{d}}` as `a::b` and `a::c::d`. */
function expand (tree) {
  const open = tree.indexOf('{')
  if (open < 0) return [tree]
  const parts = ['']
  let depth = 0
  for (const char of tree.slice(open + 1, tree.lastIndexOf('}'))) {
    depth += (char === '{') - (char === '}')
    if (char === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts.filter(Boolean).flatMap(part => expand(part).map(rest => tree.slice(0, open) + rest))
}

/** The modules that a module imports. */
function importsOf (name) {
  const { children, paths } = modules.get(name)
  return new Set(paths.map(([first, ...rest]) => {
    let at = name
    if (first === 'crate') at = ''
    else if (first === 'super') at = parent(at)
    else if (children.includes(first)) at = join(at, first)
    else if (first !== 'self') return name // another crate
    for (const part of rest) {
      if (part === 'super') at = parent(at)
      else if (modules.has(join(at, part))) at = join(at, part)
      else break
    }
    return at
  }).filter(found => found !== name))
}

function upward () {
  return [...modules.keys()].filter(Boolean).flatMap(name => [...importsOf(name)].filter(found => {
    const [from, to] = [name, found].map(module => module.split('::')[0])
    return from !== to && !(MAY_IMPORT[from] || []).includes(to)
  }).map(found => `${name} must not import ${found || 'the crate'}`))
}

/** The first circle, if there is one. */
function circle () {
  const done = new Set()
  const visit = (name, above) => {
    if (above.includes(name)) return [...above.slice(above.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const found of importsOf(name)) {
      const circle = visit(found, [...above, name])
      if (circle !== undefined) return circle
    }
    done.add(name)
  }
  const found = visit('', [])
  return found === undefined ? [] : [`these modules import each other: ${found.map(name => name || 'the crate').join(' -> ')}`]
}

function join (name, child) {
  return name === '' ? child : `${name}::${child}`
}

function parent (name) {
  return name.split('::').slice(0, -1).join('::')
}
