'use strict'

/*
 * One test process: one row, one contestant (contestant.js is preloaded). Does what the suite asks for over IPC:
 *   open(place)  close()  scenario(name, …args)  consumer(name)  progress()
 */

const { Trial, Recorder } = require('./trial')
const verify = require('./contestant')
const sabotage = require('./sabotage')
const scenario = require('./scenario')

const recorder = new Recorder()
let trial

const commands = {
  async open ({ row: name, place, port }) {
    const { rows } = require('./stores')
    const row = rows.find((one) => one.name === name)
    const session = require('express-session')
    recorder.normaliser.alias(place.dir, '<folder>')
    recorder.normaliser.alias(place.name, '<place>')
    const opened = await row.open({ session, place, port })
    verify()
    sabotage.store(opened.store)
    trial = new Trial(recorder, session, opened, row)
  },
  async close () {
    await trial.close()
    trial = undefined
  },
  async scenario ({ scenario: name, args }) {
    const result = await scenario[name](trial, ...args)
    return { result, steps: recorder.take() }
  },
  async consumer ({ consumer }) {
    await require('./consumers/lab').run(require('./consumers')[consumer], require('express-session'), recorder)
    verify()
    return { steps: recorder.take() }
  }
}

/** What a command that hangs has done so far. */
commands.progress = async () => ({ steps: recorder.take() })

process.on('message', async ({ command, ...args }) => {
  try {
    process.send({ ok: true, ...await commands[command](args) })
  } catch (err) {
    process.send({ failed: String((err && err.stack) || err), steps: recorder.take() })
  }
})
process.on('disconnect', () => process.exit())
process.send({ ready: true })
