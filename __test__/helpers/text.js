'use strict'

const fc = require('fast-check')

/** Any text: empty, of any characters, and with half surrogate pairs. */
const arbitraryText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 2000 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 }).map(units => String.fromCharCode(...units)),
  fc.constantFrom('', '.', '..', '\ud800', '\udc00x', '\ufffd', '\ufffd\ud800', '=', 's:', '\0')
)

module.exports = { arbitraryText }
