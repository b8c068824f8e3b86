'use strict'

/*
 * The demo in a real browser: headless Chromium, driven through playwright-core.
 *
 *   npm run test:browser
 *   SCREENSHOTS=docs npm run test:browser     writes demo.png and demo-phone.png there
 *
 * CHROMIUM names the browser where it is not at one of the usual places.
 */

const assert = require('node:assert')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, beforeEach, test } = require('node:test')
const { needsBinary } = require('../helpers/binary')
const { startDemo } = require('../helpers/demo')

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'
]
const COOKIE = 'connect.sid'

const chromium = PLACES.find((file) => file && fs.existsSync(file))
const skip = chromium ? false : 'there is no Chromium here'

let demo, address, context, page, profile
const problems = []

before(async () => {
  if (skip) return
  // Its own process group: a terminal sends Ctrl-C to the whole group.
  demo = startDemo('npm', ['start'], { env: { PORT: '0' }, detached: true })
  address = await demo.address
  profile = fs.mkdtempSync(path.join(os.tmpdir(), 'demo-chromium-'))
  context = await require('playwright-core').chromium.launchPersistentContext(profile, {
    executablePath: chromium, headless: true, args: FLAGS, viewport: { width: 1000, height: 860 }
  })
  context.setDefaultTimeout(15_000)
})

after(async () => {
  await context?.close()
  if (demo) await stopDemo()
  if (profile) fs.rmSync(profile, { recursive: true, force: true })
})

beforeEach(async () => {
  if (skip) return
  for (const open of context.pages()) await open.close()
  await context.clearCookies()
  page = await visit()
})

// As Ctrl-C does it.
async function stopDemo () {
  const { child, ended } = demo
  if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGINT')
  await ended
}

async function visit () {
  const opened = await context.newPage()
  opened.on('pageerror', (error) => problems.push(error.message))
  await opened.goto(address)
  await says(opened, '#views', /[1-9]/)
  return opened
}

// Waits until an element's text matches.
async function says (where, selector, pattern) {
  await where.waitForFunction(
    ([css, source]) => new RegExp(source).test(document.querySelector(css).textContent),
    [selector, pattern.source]
  )
}

async function signIn (name) {
  await page.fill('[name=name]', name)
  await page.click('#sign-in button')
  await says(page, '#who', new RegExp(name))
}

async function cookie () {
  return (await context.cookies()).find(({ name }) => name === COOKIE)
}

function shown (selector) {
  return page.locator(selector).textContent().then((text) => Number(text.replace(/\D/g, '')))
}

test('A visitor is counted, and counted again', { skip }, async () => {
  await says(page, '#views', /^1$/)
  await page.click('#count')
  await says(page, '#views', /^2$/)
  await page.reload()
  await says(page, '#views', /^3$/)
  const { httpOnly, sameSite } = await cookie()
  assert.deepStrictEqual({ httpOnly, sameSite }, { httpOnly: true, sameSite: 'Lax' })
})

test('Signing in gives a new id and keeps the count; signing out ends the session', { skip }, async () => {
  const anonymous = (await cookie()).value
  await signIn('Ada')
  const signedIn = (await cookie()).value
  assert.notStrictEqual(signedIn, anonymous)
  await says(page, '#views', /^1$/)
  await page.click('#sign-out')
  await says(page, '#who', /stranger/)
  assert.strictEqual(await cookie(), undefined)

  // The ended session's cookie opens nothing.
  await context.addCookies([{ name: COOKIE, value: signedIn, url: address }])
  await page.reload()
  await says(page, '#who', /stranger/)
})

test('A second tab has the same session', { skip }, async () => {
  await signIn('Grace')
  const second = await visit()
  await says(second, '#who', /Grace/)
  await says(second, '#views', /^2$/)
  await second.click('#count')
  await says(second, '#views', /^3$/)
  await page.reload()
  await says(page, '#views', /^4$/)
  await second.click('#sign-out')
  await page.reload()
  await says(page, '#who', /stranger/)
})

test('A tampered cookie is a new visitor, and the true one still works', { skip }, async () => {
  await signIn('Mallory')
  const good = await cookie()
  const last = good.value.at(-1)
  const forged = [
    good.value.slice(0, -1) + (last === 'A' ? 'B' : 'A'), // another signature
    good.value.replace(/\.[^.]*$/, ''), // none
    good.value.replace(/^s%3A(.)/, (all, first) => `s%3A${first === 'x' ? 'y' : 'x'}`), // another id
    's%3A', 'garbage'
  ]
  for (const value of forged) {
    await context.addCookies([{ ...good, value }])
    const response = await page.reload()
    assert.strictEqual(response.status(), 200)
    await says(page, '#who', /stranger/)
    await says(page, '#views', /^1$/)
  }
  await context.addCookies([good])
  await page.reload()
  await says(page, '#who', /Mallory/)
})

test('The live page shows a crowd come and go', { skip }, async () => {
  await signIn('Ada')
  await says(page, '#state-text', /live/)
  const expired = await shown('#expired')
  await page.click('#crowd')
  await page.waitForFunction(() => Number(document.querySelector('#sessions').textContent.replace(/\D/g, '')) > 9000)
  // The lives are spread over ten seconds, the first ends after four.
  await page.waitForFunction((before) => {
    return Number(document.querySelector('#expired').textContent.replace(/\D/g, '')) >= before + 5000
  }, expired, { timeout: 20_000 })
  await screenshots()
  await page.waitForFunction(() => Number(document.querySelector('#sessions').textContent.replace(/\D/g, '')) < 100,
    undefined, { timeout: 20_000 })
  await page.reload()
  await says(page, '#who', /Ada/)
})

test('The crowd is evicted first and a signed-in user stays', { skip }, async () => {
  await signIn('Ada')
  await page.reload()
  for (let click = 0; click < 3; click++) {
    await page.click('#crowd')
    await page.waitForFunction(() => !document.querySelector('#crowd').disabled)
  }
  await says(page, '#evicted', /[1-9]/)
  assert.ok(await shown('#sessions') <= 25_000)
  await page.reload()
  await says(page, '#who', /Ada/)
})

test('The page fits a phone', { skip }, async () => {
  await page.setViewportSize({ width: 360, height: 740 })
  await signIn('a'.repeat(40))
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(width <= 360, `the page is ${width} pixels wide`)
})

test('Nobody is logged out while the processes of a cluster are replaced one by one', { skip: skip || needsBinary.skip }, async () => {
  const cluster = startDemo(process.execPath, ['examples/demo/cluster.js'], { env: { PORT: '0' } })
  try {
    await page.goto(await cluster.address)
    await signIn('Ada')
    let visits = await shown('#views')
    const again = async () => {
      await page.reload()
      await says(page, '#who', /Ada/)
      await says(page, '#views', new RegExp(`^${++visits}$`))
    }
    await again()
    for (let round = 1; round <= 2; round++) {
      cluster.child.kill('SIGHUP')
      while (cluster.output.split('All processes are new').length <= round) {
        assert.strictEqual(cluster.child.exitCode, null, cluster.output)
        await again()
      }
      await again()
    }
    await page.click('#sign-out')
    await page.reload()
    await says(page, '#who', /stranger/)
  } finally {
    cluster.child.kill('SIGINT')
  }
  assert.strictEqual(await cluster.ended, 0, cluster.output)
})

test('No page had an error, and Ctrl-C ends the demo', { skip }, async () => {
  assert.deepStrictEqual(problems, [])
  await says(page, '#state-text', /live/) // an open event stream must not hold it
  await stopDemo()
  assert.match(demo.output, /The demo ends/)
  await says(page, '#state-text', /gone/)
})

async function screenshots () {
  if (!process.env.SCREENSHOTS) return
  const folder = path.resolve(__dirname, '..', '..', process.env.SCREENSHOTS)
  fs.mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: path.join(folder, 'demo.png') })
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 390, height: 844 })
  await page.screenshot({ path: path.join(folder, 'demo-phone.png') })
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize({ width: 1000, height: 860 })
}
