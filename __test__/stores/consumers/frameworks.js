'use strict'

/* Frameworks, with the middleware put in as their READMEs say. */

const assert = require('assert')
const { plain, visits } = require('./lab')

function express (name) {
  return async function (lab) {
    const app = require(name)()
    app.use(lab.session())
    app.use((req, res, next) => plain(req, res, next))
    await lab.serve(app)
    await visits(lab)
  }
}

module.exports = {
  'Express 5': { package: 'express', run: express('express') },
  'Express 4': { package: 'express-4', run: express('express-4') },

  'connect 3': {
    package: 'connect',
    async run (lab) {
      const app = require('connect')()
      app.use(lab.session())
      app.use(plain)
      await lab.serve(app)
      await visits(lab)
    }
  },

  // as in an API route of Next.js: no originalUrl
  'node:http': {
    async run (lab) {
      const session = lab.session()
      await lab.serve(async (req, res) => {
        assert.equal(req.originalUrl, undefined)
        await new Promise((resolve, reject) => session(req, res, (err) => err ? reject(err) : resolve()))
        plain(req, res)
      })
      await visits(lab)
    }
  },

  'next-connect 1': {
    package: 'next-connect',
    async run (lab) {
      const { createRouter, expressWrapper } = require('next-connect')
      const router = createRouter()
      router.use(expressWrapper(lab.session()))
      router.all(/.*/, (req, res) => plain(req, res))
      await lab.serve(router.handler())
      await visits(lab)
    }
  },

  'polka 0.5': {
    package: 'polka',
    async run (lab) {
      const app = require('polka')().use(lab.session()).use(plain)
      await lab.serve((req, res) => app.handler(req, res))
      await visits(lab)
    }
  },

  'koa-connect 2': {
    package: 'koa-connect',
    async run (lab) {
      const Koa = require('koa')
      const c2k = require('koa-connect')
      const app = new Koa()
      app.use(c2k(lab.session()))
      app.use(async (ctx) => {
        const { req } = ctx
        const { session } = req
        if (ctx.path === '/count') {
          session.count = (session.count || 0) + 1
          ctx.body = { id: req.sessionID, count: session.count }
        } else if (ctx.path === '/login') {
          await new Promise((resolve, reject) => session.regenerate((err) => err ? reject(err) : resolve()))
          req.session.user = 'ann'
          ctx.body = { id: req.sessionID, user: 'ann' }
        } else if (ctx.path === '/logout') {
          await new Promise((resolve, reject) => session.destroy((err) => err ? reject(err) : resolve()))
          ctx.body = { session: typeof req.session }
        } else if (ctx.path === '/stream') {
          session.count = 200
          ctx.body = require('stream').Readable.from(['a', 'b'])
        } else if (ctx.path === '/head') {
          session.count = 100
          ctx.set('X-Head', 'written')
          ctx.body = 'head'
        } else {
          ctx.body = { id: req.sessionID, count: session.count, user: session.user }
        }
      })
      await lab.serve(app.callback())
      await visits(lab)
    }
  },

  '@fastify/middie': { package: '@fastify/middie', run: (lab) => fastify(lab, '@fastify/middie') },
  '@fastify/express': { package: '@fastify/express', run: (lab) => fastify(lab, '@fastify/express') },

  'NestJS @Session()': {
    package: '@nestjs/common',
    async run (lab) {
      require('reflect-metadata')
      const { Controller, Get, Module, Req, Res, Session } = require('@nestjs/common')
      const { NestFactory } = require('@nestjs/core')

      class VisitsController {
        view (session, req) { return { id: req.sessionID, count: session.count, user: session.user } }

        count (session, req) {
          session.count = (session.count || 0) + 1
          return { id: req.sessionID, count: session.count }
        }

        async login (session, req) {
          await new Promise((resolve, reject) => session.regenerate((err) => err ? reject(err) : resolve()))
          req.session.user = 'ann'
          return { id: req.sessionID, user: 'ann' }
        }

        async logout (session, req) {
          await new Promise((resolve, reject) => session.destroy((err) => err ? reject(err) : resolve()))
          return { session: typeof req.session }
        }

        head (session, req, res) {
          session.count = 100
          res.writeHead(200, { 'X-Head': 'written' })
          res.end('head')
        }

        stream (session, req, res) {
          session.count = 200
          res.write('a')
          setTimeout(() => res.end('b'), 2)
        }
      }
      // what the compiler makes of `@Get('count') count(@Session() session, @Req() req)`
      const route = (path, method, withResponse) => {
        const { prototype } = VisitsController
        Get(path)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method))
        Session()(prototype, method, 0)
        Req()(prototype, method, 1)
        if (withResponse) Res()(prototype, method, 2)
      }
      for (const method of ['count', 'login', 'logout']) route(method, method)
      route('/', 'view')
      route('head', 'head', true)
      route('stream', 'stream', true)
      Controller()(VisitsController)
      class AppModule {}
      Module({ controllers: [VisitsController] })(AppModule)

      const app = await NestFactory.create(AppModule, { logger: false })
      app.use(lab.session())
      await app.listen(0, '127.0.0.1')
      lab.port = app.getHttpServer().address().port
      lab.ends.push(() => app.close())
      await visits(lab)
    }
  },

  'several at once on one app': {
    package: 'express',
    async run (lab) {
      const app = require('express')()
      const view = (req, res) => {
        req.session.views = (req.session.views || 0) + 1
        res.json({ id: req.sessionID, views: req.session.views, cookie: req.session.cookie })
      }
      app.use('/shop', lab.session({ name: 'shop.sid', cookie: { path: '/shop', sameSite: 'lax' } }), view)
      app.use('/admin', lab.session({ name: 'admin.sid', cookie: { path: '/admin', sameSite: 'strict', maxAge: 600000 } }), view)
      // the second of two on one route leaves the first alone
      app.use('/both', lab.session({ name: 'shop.sid' }), lab.session({ name: 'admin.sid' }), view)
      await lab.serve(app)
      const browser = lab.browser()
      const views = (value) => (response) => assert.equal(response.body.views, value)
      await lab.step('shop', () => browser.get('/shop'), views(1))
      await lab.step('admin', () => browser.get('/admin'), views(1))
      await lab.step('shop again', () => browser.get('/shop'), views(2))
      await lab.step('admin again', () => browser.get('/admin'), views(2))
      await lab.step('both on one route', () => lab.browser().get('/both'), (response) => assert.equal(response.cookies.length, 1))
    }
  }
}

async function fastify (lab, plugin) {
  const app = require('fastify')()
  await app.register(require(plugin))
  app.use(lab.session())
  const promise = (act) => new Promise((resolve, reject) => act((err) => err ? reject(err) : resolve()))
  app.get('/', async (request) => {
    const req = request.raw
    return { id: req.sessionID, count: req.session.count, user: req.session.user }
  })
  app.get('/count', async (request) => {
    const req = request.raw
    req.session.count = (req.session.count || 0) + 1
    return { id: req.sessionID, count: req.session.count }
  })
  app.get('/login', async (request) => {
    const req = request.raw
    await promise((done) => req.session.regenerate(done))
    req.session.user = 'ann'
    return { id: req.sessionID, user: 'ann' }
  })
  app.get('/logout', async (request) => {
    const req = request.raw
    await promise((done) => req.session.destroy(done))
    return { session: typeof req.session }
  })
  app.get('/head', async (request, reply) => {
    request.raw.session.count = 100
    reply.header('X-Head', 'written')
    return 'head'
  })
  app.get('/stream', async (request, reply) => {
    request.raw.session.count = 200
    return reply.send(require('stream').Readable.from(['a', 'b']))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  lab.port = app.server.address().port
  lab.ends.push(() => app.close())
  await visits(lab)
}
