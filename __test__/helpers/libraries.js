'use strict'

/*
 * Makes files with the headers of shared libraries, such as check-release.js reads. No system could run them.
 * { format, machine, isLibrary, libraries, imports: [{ name, weak, library, version }], exports, versions, system, isSigned }
 */

module.exports = { makeLibrary }

const MAKERS = { ELF: makeElf, 'Mach-O': makeMachO, PE: makePe }

function makeLibrary (library) {
  return MAKERS[library.format]({ isLibrary: true, libraries: [], imports: [], exports: [], ...library })
}

/** Texts one after another, each ended by a zero. `at(text)` is where it begins. */
function textTable (first = '\0') {
  let all = first
  return {
    at (text) {
      all += `${text}\0`
      return all.length - text.length - 1
    },
    bytes: () => Buffer.from(all, 'latin1')
  }
}

/** A record of little-endian numbers: [bytes, value] each. */
function record (...fields) {
  return Buffer.concat(fields.map(([size, value]) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(value))
    return bytes.subarray(0, size)
  }))
}

function makeElf ({ machine, isLibrary, libraries, imports, exports, versions: more = [] }) {
  const texts = textTable()
  const versions = [...new Set(imports.map(({ version }) => version).filter(Boolean)), ...more]
  const symbols = [
    ...imports.map(({ name, weak, version }) => ({ name, bind: weak ? 2 : 1, section: 0, version: version ? versions.indexOf(version) + 2 : 0 })),
    ...exports.map((name) => ({ name, bind: 1, section: 1, version: 1 }))
  ]
  const [text, link] = [3, 2]
  const sections = [
    { type: 0, bytes: Buffer.alloc(0) },
    {
      type: 11,
      link,
      bytes: Buffer.concat([Buffer.alloc(24), ...symbols.map(({ name, bind, section }) =>
        record([4, texts.at(name)], [1, bind << 4], [1, 0], [2, section], [8, 0], [8, 0]))])
    },
    { type: text, bytes: null },
    { type: 0x6fffffff, bytes: record([2, 0], ...symbols.map(({ version }) => [2, version])) },
    {
      type: 0x6ffffffe,
      link,
      info: versions.length && 1,
      bytes: versions.length === 0
        ? Buffer.alloc(0)
        : Buffer.concat([
          record([2, 1], [2, versions.length], [4, texts.at('libc.so.6')], [4, 16], [4, 0]),
          ...versions.map((version, at) => record([4, 0], [2, 0], [2, at + 2], [4, texts.at(version)], [4, 16]))
        ])
    },
    { type: 6, link, bytes: record(...libraries.flatMap((name) => [[8, 1], [8, texts.at(name)]]), [8, 0], [8, 0]) }
  ]
  sections[2].bytes = texts.bytes()

  let offset = 64
  const headers = sections.map(({ type, bytes, link = 0, info = 0 }) => {
    const header = record([4, 0], [4, type], [8, 0], [8, 0], [8, offset], [8, bytes.length], [4, link], [4, info], [8, 1], [8, 0])
    offset += bytes.length
    return header
  })
  const head = record([4, 0x464c457f], [1, 2], [1, 1], [2, 1], [8, 0], [2, isLibrary ? 3 : 2], [2, { x64: 62, arm64: 183 }[machine]],
    [4, 1], [8, 0], [8, 0], [8, offset], [4, 0], [2, 64], [2, 0], [2, 0], [2, 64], [2, sections.length], [2, 0])
  return Buffer.concat([head, ...sections.map(({ bytes }) => bytes), ...headers])
}

function makeMachO ({ machine, isLibrary, libraries, imports, exports, system = '11.0', isSigned = true }) {
  const texts = textTable()
  const [major, minor] = system.split('.').map(Number)
  const symbols = Buffer.concat([
    ...imports.map(({ name, weak, library }) => record([4, texts.at(`_${name}`)], [1, 1], [1, 0],
      [2, (library === undefined ? 0xfe : libraries.indexOf(library) + 1) << 8 | (weak ? 0x40 : 0)], [8, 0])),
    ...exports.map((name) => record([4, texts.at(`_${name}`)], [1, 0x0f], [1, 1], [2, 0], [8, 0]))
  ])
  const padded = (text) => Buffer.from(text.padEnd(Math.ceil((text.length + 1) / 8) * 8, '\0'), 'latin1')
  const commands = [
    ...libraries.map((name) => Buffer.concat([record([4, 0xc], [4, 24 + padded(name).length], [4, 24], [4, 0], [4, 0], [4, 0]), padded(name)])),
    record([4, 0x32], [4, 24], [4, 1], [4, major << 16 | minor << 8], [4, 0], [4, 0]),
    ...isSigned ? [record([4, 0x1d], [4, 16], [4, 0], [4, 0])] : []
  ]
  const size = commands.reduce((sum, { length }) => sum + length, 24)
  const first = 32 + size
  const symtab = record([4, 0x2], [4, 24], [4, first], [4, symbols.length / 16], [4, first + symbols.length], [4, texts.bytes().length])
  const head = record([4, 0xfeedfacf], [4, { x64: 0x01000007, arm64: 0x0100000c }[machine]], [4, 0], [4, isLibrary ? 6 : 2],
    [4, commands.length + 1], [4, size], [4, 0], [4, 0])
  return Buffer.concat([head, ...commands, symtab, symbols, texts.bytes()])
}

function makePe ({ machine, isLibrary, imports, exports }) {
  const [address, start] = [0x1000, 0x200]
  const parts = []
  let length = 0
  const put = (bytes) => {
    parts.push(bytes)
    length += bytes.length
    return address + length - bytes.length
  }
  const text = (value) => put(Buffer.from(`${value}\0`, 'latin1'))

  const libraries = [...new Set(imports.map(({ library }) => library))]
  const entries = libraries.map((library) => {
    const names = imports.filter((one) => one.library === library).map(({ name }) => [8, text(`\0\0${name}`)])
    return record([4, put(record(...names, [8, 0]))], [4, 0], [4, 0], [4, text(library)], [4, 0])
  })
  const importTable = put(Buffer.concat([...entries, Buffer.alloc(20)]))
  const names = put(record(...exports.map((name) => [4, text(name)]), [4, 0]))
  const exportTable = put(record([8, 0], [8, 0], [8, 0], [4, exports.length], [4, 0], [4, names], [4, 0]))

  const optional = Buffer.concat([record([2, 0x20b]), Buffer.alloc(106), record([4, 16], [4, exportTable], [4, 40], [4, importTable], [4, 20]), Buffer.alloc(112)])
  const head = Buffer.concat([
    Buffer.from('MZ'.padEnd(60, '\0')), record([4, 64]), Buffer.from('PE\0\0'),
    record([2, { x64: 0x8664, arm64: 0xaa64 }[machine]], [2, 1], [4, 0], [4, 0], [4, 0], [2, optional.length], [2, isLibrary ? 0x2022 : 0x22]),
    optional, record([8, 0], [4, length], [4, address], [4, length], [4, start]), Buffer.alloc(16)
  ])
  return Buffer.concat([head, Buffer.alloc(start - head.length), ...parts])
}
