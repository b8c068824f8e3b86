'use strict'

// Bundlers, without a line of configuration for this package, under both of its names.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { NAMES, RIGHT, checkBundle, prepare, run, toolsOf, write } = require('./app')
const { binaryFile, platformPackage } = require('../../lib/util/binary-names')

let folder, place, end

before(() => {
  ({ folder, place, end } = prepare('plain'))
})

after(() => end())

async function bundleByVite (load, entry, outfile, ssr) {
  const { build } = await load('vite')
  await build({
    root: path.dirname(entry),
    configFile: false,
    logLevel: 'error',
    ssr,
    build: { ssr: entry, outDir: path.dirname(outfile), emptyOutDir: false, rollupOptions: { output: { entryFileNames: path.basename(outfile) } } }
  })
}

/** Each gets the tools, the app's file and where to put the bundle; it throws for an error or a warning. */
const BUNDLERS = {
  esbuild: {
    tools: { esbuild: 'latest' },
    files: { CommonJS: 'app.cjs' },
    async bundle ({ require }, entry, outfile) {
      const { warnings } = await require('esbuild').build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', logLevel: 'silent' })
      assert.deepEqual(warnings, [])
    }
  },
  webpack: {
    tools: { webpack: 'latest' },
    files: { CommonJS: 'app.cjs' },
    async bundle ({ require }, entry, outfile) {
      const stats = await new Promise((resolve, reject) => require('webpack')({
        mode: 'production', target: 'node', entry, output: { path: path.dirname(outfile), filename: path.basename(outfile) }
      }, (err, stats) => err ? reject(err) : resolve(stats)))
      const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
      // Of the package debug, with any package that needs it.
      const isDebugs = (message) => /^Module not found: .*'supports-color' in '.*[\\/]node_modules[\\/]debug[\\/]src'$/.test(message)
      assert.deepEqual([...errors, ...warnings].map(({ message }) => message).filter((message) => !isDebugs(message)), [])
    }
  },
  rollup: {
    tools: { rollup: 'latest', '@rollup/plugin-commonjs': 'latest', '@rollup/plugin-node-resolve': 'latest' },
    files: { CommonJS: 'app.cjs', 'ES module': 'app.mjs' },
    async bundle ({ require }, entry, outfile, form) {
      const warnings = []
      const bundle = await require('rollup').rollup({
        input: entry,
        plugins: [require('@rollup/plugin-node-resolve').default({ preferBuiltins: true }), require('@rollup/plugin-commonjs').default()],
        onwarn: ({ message }) => warnings.push(message)
      })
      await bundle.write({ file: outfile, format: form === 'CommonJS' ? 'cjs' : 'es' })
      assert.deepEqual(warnings, [])
    }
  },
  'Vite SSR': {
    tools: { vite: 'latest' },
    files: { 'ES module': 'app.mjs' },
    leavesPackagesOut: true,
    bundle: ({ load }, entry, outfile) => bundleByVite(load, entry, outfile, {})
  },
  'Vite SSR, ssr.noExternal': {
    tools: { vite: 'latest' },
    files: { 'ES module': 'app.mjs' },
    bundle: ({ load }, entry, outfile) => bundleByVite(load, entry, outfile, { noExternal: true })
  },
  '@vercel/ncc': {
    tools: { '@vercel/ncc': 'latest' },
    files: { CommonJS: 'app.cjs' },
    async bundle ({ require }, entry, outfile) {
      const { code } = await require('@vercel/ncc')(entry, { quiet: true, cache: false })
      fs.mkdirSync(path.dirname(outfile), { recursive: true })
      fs.writeFileSync(outfile, code)
    }
  }
}

for (const [title, { tools, files, bundle, leavesPackagesOut }] of Object.entries(BUNDLERS)) {
  for (const [form, file] of Object.entries(files)) {
    test(`${title} (${form})`, async (t) => {
      const found = toolsOf(folder, tools)
      if (found === null) return t.skip('it can\'t be installed from npm')
      t.diagnostic(found.version)
      for (const name of NAMES) {
        const outfile = path.join(place, 'dist', `${title.replace(/\W+/g, '-')}-${name}`, file)
        await bundle(found, write(place, 'bundled.js', name), outfile, form)
        if (leavesPackagesOut) assert.deepEqual(run([process.execPath, outfile]), RIGHT)
        else checkBundle(folder, outfile)
      }
    })
  }
}

test('Node single executable, of a bundle', async (t) => {
  const found = toolsOf(folder, { postject: 'latest' })
  const esbuild = toolsOf(folder, BUNDLERS.esbuild.tools)
  if (found === null || esbuild === null) return t.skip('postject or esbuild can\'t be installed from npm')
  if (process.platform !== 'linux') return t.skip('elsewhere the program must be signed')
  const dist = path.join(place, 'dist', 'single')
  const [main, blob, program] = ['app.cjs', 'app.blob', 'app'].map((name) => path.join(dist, name))
  await BUNDLERS.esbuild.bundle(esbuild, write(place, 'bundled.js', NAMES[0]), main)
  fs.writeFileSync(path.join(dist, 'sea.json'), JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }))
  const { status, stderr } = spawnSync(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: dist, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  fs.copyFileSync(process.execPath, program)
  fs.chmodSync(program, 0o755)
  await found.require('postject').inject(program, 'NODE_SEA_BLOB', fs.readFileSync(blob), { sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2' })
  checkBundle(folder, program, (file) => [file])
})

for (const name of NAMES) {
  test(`AWS Lambda: a function, and a layer, that have ${name} in node_modules`, () => {
    const [task, layer] = ['task', 'layer'].map((part) => path.join(folder, `lambda-${name}`, part))
    const files = { recursive: true, verbatimSymlinks: true }
    for (const modules of [path.join(task, 'node_modules'), path.join(layer, 'nodejs/node_modules')]) {
      fs.cpSync(path.join(place, 'node_modules'), modules, files)
      for (const other of NAMES) if (other !== name) fs.rmSync(path.join(modules, other), { recursive: true })
    }
    const env = { ...process.env, CALL_HANDLER: '1' }
    const inTask = write(task, 'lambda.js', name)
    assert.deepEqual(run([process.execPath, inTask], { env }), { native: true, views: 1 })

    // Without modules of its own: the runtime finds the layer's by NODE_PATH.
    fs.rmSync(path.join(task, 'node_modules'), { recursive: true })
    assert.deepEqual(run([process.execPath, inTask], { env: { ...env, NODE_PATH: path.join(layer, 'nodejs/node_modules') } }), { native: true, views: 1 })
  })

  test(`AWS Lambda: a function of one file, bundled by esbuild, with the binary beside it (${name})`, async (t) => {
    const esbuild = toolsOf(folder, BUNDLERS.esbuild.tools)
    if (esbuild === null) return t.skip('esbuild can\'t be installed from npm')
    const outfile = path.join(folder, `lambda-bundle-${name}`, 'index.js')
    await BUNDLERS.esbuild.bundle(esbuild, write(place, 'lambda.js', name), outfile)
    fs.copyFileSync(path.join(place, 'node_modules', platformPackage(), binaryFile()), path.join(path.dirname(outfile), binaryFile()))
    assert.deepEqual(run([process.execPath, outfile], { env: { ...process.env, CALL_HANDLER: '1' } }), { native: true, views: 1 })
  })
}

test('What gathers the files of a server (nft) finds the binary', async (t) => {
  const found = toolsOf(folder, { '@vercel/nft': 'latest' })
  if (found === null) return t.skip('it can\'t be installed from npm')
  t.diagnostic(found.version)
  for (const name of NAMES) {
    const { fileList } = await found.require('@vercel/nft').nodeFileTrace([write(place, 'bundled.js', name)], { base: place })
    assert.ok(fileList.has(path.join('node_modules', platformPackage(), binaryFile())), [...fileList].join('\n'))
  }
})
