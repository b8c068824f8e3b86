'use strict'

const { createNumbers, NumberAt } = require('../../binding')

/**
 * The array through which numbers pass between JavaScript and Rust: an argument of a call costs more. `NumberAt`, from
 * src/binding/numbers.rs, says what stands where. Rust makes the array, because one of the app's realm would keep that
 * realm alive (test runners make a realm for each test file).
 */
module.exports = { numbers: createNumbers(), ...NumberAt }
