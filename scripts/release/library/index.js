'use strict'

/* Reads a shared library of Linux, macOS or Windows. */

const fs = require('node:fs')

const FORMATS = [require('./elf'), require('./macho'), require('./pe')]

/**
 * Resolves to { format, machine, isLibrary, libraries, imports: [{ name, weak, library, version }], exports }. For
 * macOS also { system, isSigned }, for Linux { versions }: those that the file needs and takes no symbol from. An
 * import's library and version are missing where the file does not name them.
 *
 * @param {string} file
 * @throws {Error} for what is no library
 */
function readLibrary (file) {
  const bytes = fs.readFileSync(file)
  const format = FORMATS.find(({ is }) => is(bytes))
  if (format === undefined) throw new Error('it is no ELF, Mach-O or PE file')
  try {
    return format.read(bytes)
  } catch (error) {
    throw new Error(error instanceof RangeError ? 'it is damaged' : error.message)
  }
}

module.exports = { readLibrary }
