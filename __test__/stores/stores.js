'use strict'

/*
 * The stores, one row each, set up as their READMEs say.
 *
 *   name      what the table calls it; the version is read from the installed package
 *   package   the installed name
 *   client    the installed client or driver whose version the table names
 *   server    a kind of servers.js; without it the backend is a file, a folder or memory
 *   open      ({ session, place, port, call }) → { store, held(id), close }
 *             `place` is this contestant's own corner of the backend: `place.name`, `place.dir`
 *   own       what the store itself does not do, under upstream either: step → reason. Such steps are compared all
 *             the same; only the expectation is waived, and a step that is listed here but works fails.
 *   differs   steps in which the contestants' stores differ, with the reason: only the expectations count
 *   vague     keys of the records that differ from run to run
 *   ascii     no other characters in the data
 *   redirect  majors of a dependency that are installed under another name, see contestant.js
 *   foreign   this package has a nested copy of express-session 1.17.3 of its own
 *   memory    nothing outlives the process: no restart, no swap
 *   swap      false where the two contestants have other stores, whose files the other does not read
 *   back      false where what the other package changed is not read again
 *   node      the major version of Node that it needs
 *   lastNode  the last major version of Node that it runs on
 *   outage    false where the client or the backend has no server that could be killed
 */

const fs = require('fs')
const path = require('path')
const { promisify } = require('util')

const quiet = () => {}
const read = (file) => fs.readFileSync(file, 'utf8')
const url = (scheme, port, rest = '') => `${scheme}://127.0.0.1:${port}${rest}`

const losesMaxAge = Object.fromEntries([
  'longer maxAge', 'load with the longer maxAge', 'reload', 'save', 'streamed response', 'redirect', 'HEAD', 'error in the app', 'five at once'
].map((step) => [step, 'the other\'s touch loses a cookie\'s new maxAge']))

/* ---- Redis */

const redisHeld = (call, prefix) => async (id) => {
  const key = prefix + id
  return { text: await call(['GET', key]), ttl: roughly(await call(['TTL', key])) }
}

/** Seconds that are left, so that those which a busy machine takes in between do not show. Below 0 they say something else. */
const roughly = (seconds) => seconds <= 0 ? seconds : seconds < 10 ? 'a few' : Math.round(seconds / 10) * 10

async function nodeRedis (name, port, options) {
  const client = require(name).createClient({ url: url('redis', port), ...options })
  client.on('error', quiet)
  await client.connect()
  const close = () => client.destroy ? client.destroy() : client.disconnect()
  return { client, close, send: (words) => (client.v4 ? client.v4.sendCommand(words) : client.sendCommand(words)) }
}

function ioRedis (port) {
  const Redis = require('ioredis')
  const client = new Redis(port, '127.0.0.1')
  client.on('error', quiet)
  return { client, close: () => client.disconnect(), send: ([command, ...words]) => client.call(command, ...words) }
}

const redis = (name, packageName, client, connect, storeOf) => ({
  name,
  package: packageName,
  client,
  server: 'redis',
  async open ({ session, place, port }) {
    const connection = await connect(port)
    const prefix = place.name + ':'
    const Store = await storeOf(session)
    return { store: new Store({ client: connection.client, prefix }), held: redisHeld(connection.send, prefix), close: connection.close }
  }
})

const redisBeside = (version, node) => ({
  name: `RedisStore, beside connect-redis ${version}`,
  package: `connect-redis-${version}`,
  client: 'redis',
  node,
  server: 'redis',
  vague: ['results'], // each its own
  differs: losesMaxAge,
  async open ({ session, place, port }) {
    const { client, close, send } = await nodeRedis('redis', port)
    const prefix = place.name + ':'
    const { RedisStore } = session.RedisStore ? session : require(`connect-redis-${version}`)
    const store = new RedisStore({ client, prefix })
    store.sessionDefaults = {} // the other knows no touchAfter
    return { store, held: redisHeld(send, prefix), close }
  }
})

/* ---- SQL */

const pgPool = (port, more) => {
  const pool = new (require('pg').Pool)({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', connectionTimeoutMillis: 1000, ...more })
  pool.on('error', quiet)
  return pool
}
const mysqlSettings = (port) => ({ host: '127.0.0.1', port, user: 'root', password: '', database: 'test' })

const knexRow = (name, packageName, { backend, server, client, config }) => ({
  name: `${name} on ${backend}`,
  package: packageName,
  client,
  server,
  backend: server ? undefined : 'SQLite in a file',
  async open ({ session, place, port }) {
    const knex = require('knex')({ ...config(port, place), useNullAsDefault: true, pool: { min: 0, max: 4 }, acquireConnectionTimeout: 3000 })
    let store
    if (packageName.endsWith('-2')) {
      const Store = require(packageName)(session)
      // made here, because the store goes to work before its own table is there
      if (!await knex.schema.hasTable(place.name)) {
        await knex.schema.createTable(place.name, (table) => {
          table.string('sid').primary()
          table.json('sess').notNullable()
          table.timestamp('expired').notNullable().index()
        })
      }
      store = new Store({ knex, tablename: place.name, createtable: false, clearInterval: 3600000 })
    } else {
      const { ConnectSessionKnexStore } = require(packageName)
      store = new ConnectSessionKnexStore({ knex, tableName: place.name, createTable: true, cleanupInterval: 3600000 })
    }
    return { store, held: (id) => knex(place.name).where({ sid: id }).select(), close: () => knex.destroy() }
  }
})
const knexBackends = [
  { backend: 'SQLite', client: 'better-sqlite3', config: (port, place) => ({ client: 'better-sqlite3', connection: { filename: path.join(place.dir, 'knex.sqlite') } }) },
  { backend: 'PostgreSQL', server: 'postgres', client: 'pg', config: (port) => ({ client: 'pg', connection: { host: '127.0.0.1', port, user: 'postgres', database: 'postgres' } }) },
  { backend: 'MariaDB', server: 'mariadb', client: 'mysql2', config: (port) => ({ client: 'mysql2', connection: mysqlSettings(port) }) }
]

const sequelizeRow = (backend, server, client, config) => ({
  name: `connect-session-sequelize 7 on ${backend}`,
  package: 'connect-session-sequelize',
  client,
  needs: ['sequelize', client],
  server,
  vague: server === 'mariadb' ? ['results'] : [], // a count of changed rows, which depends on the tick of a second
  backend: server ? undefined : 'SQLite in a file',
  async open ({ session, place, port }) {
    const { Sequelize, QueryTypes } = require('sequelize')
    const db = new Sequelize({ logging: false, ...config(port, place) })
    const Store = require('connect-session-sequelize')(session.Store)
    const store = new Store({ db, tableName: place.name, checkExpirationInterval: 50 })
    await store.sync()
    return {
      store,
      held: (id) => db.models.Session.findAll({ where: { sid: id }, raw: true, attributes: ['sid', 'expires', 'data'], type: QueryTypes.SELECT }),
      async close () {
        store.stopExpiringSessions()
        await db.close()
      }
    }
  }
})

const typeormRow = (name, foreign) => ({
  name,
  package: 'connect-typeorm',
  client: 'typeorm',
  needs: ['typeorm', 'better-sqlite3'],
  backend: 'SQLite in a file (better-sqlite3)',
  foreign,
  async open ({ place }) {
    const { DataSource, EntitySchema } = require('typeorm')
    const { TypeormStore } = require('connect-typeorm')
    const entity = new EntitySchema({
      name: 'Session',
      columns: {
        id: { type: 'varchar', length: 255, primary: true },
        expiredAt: { type: 'bigint' },
        json: { type: 'text' },
        destroyedAt: { type: 'datetime', deleteDate: true, nullable: true }
      }
    })
    const source = await new DataSource({ type: 'better-sqlite3', database: path.join(place.dir, 'typeorm.sqlite'), entities: [entity], synchronize: true }).initialize()
    const repository = source.getRepository('Session')
    const store = new TypeormStore({ cleanupLimit: 0 }).connect(repository)
    return { store, held: (id) => repository.find({ where: { id }, withDeleted: true }), close: () => source.destroy() }
  }
})

/* ---- MongoDB */

const mongoSettings = { serverSelectionTimeoutMS: 2000 }

async function mongoHeld (driver, port, place) {
  const client = await require(driver).MongoClient.connect(url('mongodb', port), mongoSettings)
  const collection = client.db(place.name).collection('sessions')
  return {
    held: (id) => collection.find({ _id: id }).toArray(),
    close: () => client.close()
  }
}

const connectMongo = (major, driver) => ({
  name: 'connect-mongo ' + major,
  package: 'connect-mongo-' + major,
  client: driver,
  server: 'mongo',
  redirect: driver === 'mongodb' ? undefined : { ['connect-mongo-' + major]: { mongodb: driver } },
  async open ({ session, place, port }) {
    const aside = await mongoHeld('mongodb', port, place)
    if (major === 3) {
      const Store = require('connect-mongo-3')(session)
      const store = new Store({ url: url('mongodb', port, '/' + place.name), mongoOptions: { useUnifiedTopology: true, ...mongoSettings } })
      await new Promise((resolve, reject) => store.once('connected', resolve).once('error', reject))
      return { store, held: aside.held, close: async () => { await aside.close(); await store.close() } }
    }
    const exported = require('connect-mongo-' + major)
    const MongoStore = exported.default || exported
    const store = MongoStore.create({ mongoUrl: url('mongodb', port, '/' + place.name), mongoOptions: mongoSettings, autoRemove: 'disabled' })
    await store.collectionP
    return { store, held: aside.held, close: async () => { await aside.close(); await store.close() } }
  }
})

/* ---- DynamoDB */

const dynamoCredentials = { accessKeyId: 'id', secretAccessKey: 'secret' }

const dynamoClient = (port) => {
  const { DynamoDBClient } = require('@aws-sdk/client-dynamodb')
  return new DynamoDBClient({ endpoint: url('http', port), region: 'local', credentials: dynamoCredentials })
}
const dynamoHeld = (client, table, hashKey, prefix) => async (id) => {
  const { GetItemCommand } = require('@aws-sdk/client-dynamodb')
  return (await client.send(new GetItemCommand({ TableName: table, Key: { [hashKey]: { S: prefix + id } }, ConsistentRead: true }))).Item
}

const dynamodbStore = (name, foreign) => ({
  name,
  package: 'dynamodb-store',
  client: 'aws-sdk',
  server: 'dynamo',
  foreign,
  async open ({ place, port }) {
    process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1'
    const DynamoDBStore = require('dynamodb-store')
    const aside = dynamoClient(port)
    return new Promise((resolve, reject) => {
      const store = new DynamoDBStore({
        table: { name: place.name, hashKey: 'sessionId', hashPrefix: '', readCapacityUnits: 10, writeCapacityUnits: 10 },
        dynamoConfig: { ...dynamoCredentials, region: 'local', endpoint: url('http', port) },
        touchInterval: 0
      }, (err) => err ? reject(err) : resolve({ store, held: dynamoHeld(aside, place.name, 'sessionId', ''), close: () => aside.destroy() }))
    })
  }
})

/* ---- everything else */

const connectMemcached = (major) => ({
  name: 'connect-memcached ' + major,
  package: 'connect-memcached-' + major,
  client: 'memcached',
  server: 'memcached',
  async open ({ session, place, port }) {
    const Store = require('connect-memcached-' + major)(session)
    const store = new Store({ hosts: ['127.0.0.1:' + port], prefix: place.name, retries: 1, timeout: 1000, reconnect: 500, retry: 200 })
    return { store, held: (id) => promisify(store.client.get).call(store.client, place.name + id), close: () => store.client.end() }
  }
})

const rows = [
  {
    name: 'MemoryStore',
    package: 'express-session',
    memory: true,
    spied: false,
    backend: 'the built-in one of each package',
    open: ({ session }) => ({ store: new session.MemoryStore() })
  },

  { ...redis('connect-redis 10', 'connect-redis-10', 'redis', (port) => nodeRedis('redis', port), () => require('connect-redis-10').RedisStore), node: 22 },
  redis('connect-redis 9', 'connect-redis-9', 'redis', (port) => nodeRedis('redis', port), () => require('connect-redis-9').RedisStore),
  redis('connect-redis 9, imported', 'connect-redis-9', 'redis', (port) => nodeRedis('redis', port), async () => (await import('connect-redis-9')).RedisStore),
  redis('connect-redis 8', 'connect-redis-8', 'redis-4', (port) => nodeRedis('redis-4', port), () => require('connect-redis-8').RedisStore),
  redis('connect-redis 8, imported, with ioredis', 'connect-redis-8', 'ioredis', ioRedis, async () => (await import('connect-redis-8')).RedisStore),
  redis('connect-redis 7', 'connect-redis-7', 'redis-4', (port) => nodeRedis('redis-4', port), () => require('connect-redis-7').default),
  redis('connect-redis 6', 'connect-redis-6', 'redis-4', (port) => nodeRedis('redis-4', port, { legacyMode: true }), (session) => require('connect-redis-6')(session)),
  redis('connect-redis 6 with ioredis', 'connect-redis-6', 'ioredis', ioRedis, (session) => require('connect-redis-6')(session)),
  redisBeside(9),
  redisBeside(10, 22),

  {
    name: 'connect-pg-simple 10',
    package: 'connect-pg-simple',
    client: 'pg',
    server: 'postgres',
    async open ({ session, place, port }) {
      const pool = pgPool(port)
      await pool.query('CREATE SCHEMA IF NOT EXISTS ' + place.name)
      const Store = require('connect-pg-simple')(session)
      const store = new Store({ pool, schemaName: place.name, createTableIfMissing: true, pruneSessionInterval: false, errorLog: quiet })
      return {
        store,
        held: async (id) => (await pool.query(`SELECT sid, sess::text, expire FROM ${place.name}.session WHERE sid = $1`, [id])).rows,
        close: async () => { await store.close(); await pool.end() }
      }
    }
  },
  {
    name: 'memorystore 1.6',
    package: 'memorystore',
    memory: true,
    backend: 'memory',
    open ({ session }) {
      const Store = require('memorystore')(session)
      const store = new Store({ checkPeriod: 86400000 })
      return { store, held: async (id) => store.store.peek(id), close: () => store.stopInterval() }
    }
  },

  ...knexBackends.map((backend) => knexRow('connect-session-knex 5', 'connect-session-knex-5', backend)),
  ...knexBackends.map((backend) => knexRow('connect-session-knex 2', 'connect-session-knex-2', backend)),

  connectMongo(6, 'mongodb'),
  connectMongo(5, 'mongodb'),
  connectMongo(4, 'mongodb-4'),
  connectMongo(3, 'mongodb-3'),

  {
    name: 'connect-dynamodb 3',
    package: 'connect-dynamodb',
    client: '@aws-sdk/client-dynamodb',
    server: 'dynamo',
    async open ({ session, place, port }) {
      const client = dynamoClient(port)
      const Store = require('connect-dynamodb')(session)
      const store = new Store({ client, table: place.name, prefix: 'sess:' })
      await store.initialize()
      return { store, held: dynamoHeld(client, place.name, 'id', 'sess:'), close: () => client.destroy() }
    }
  },
  dynamodbStore('dynamodb-store 1.2'),
  dynamodbStore('dynamodb-store 1.2 with a nested express-session 1.17.3', 'dynamodb-store'),

  sequelizeRow('SQLite', undefined, 'sqlite3', (port, place) => ({ dialect: 'sqlite', storage: path.join(place.dir, 'sequelize.sqlite') })),
  sequelizeRow('PostgreSQL', 'postgres', 'pg', (port) => ({ dialect: 'postgres', host: '127.0.0.1', port, username: 'postgres', database: 'postgres', pool: { acquire: 1500 } })),
  sequelizeRow('MariaDB', 'mariadb', 'mysql2', (port) => ({ dialect: 'mysql', host: '127.0.0.1', port, username: 'root', database: 'test', pool: { acquire: 1500 } })),

  {
    name: 'session-file-store 1.5',
    package: 'session-file-store',
    backend: 'files',
    open ({ session, place }) {
      const FileStore = require('session-file-store')(session)
      const store = new FileStore({ path: place.dir, retries: 0, reapInterval: -1, logFn: quiet })
      return { store, held: async (id) => read(path.join(place.dir, id + '.json')) }
    }
  },
  {
    name: 'express-mysql-session 3',
    package: 'express-mysql-session',
    client: 'mysql2',
    server: 'mariadb',
    vague: ['changedRows', 'info'], // depends on the tick of a second
    async open ({ session, place, port }) {
      const Store = require('express-mysql-session')(session)
      const pool = require('mysql2/promise').createPool({ ...mysqlSettings(port), connectionLimit: 3, connectTimeout: 1000 })
      const store = new Store({ createDatabaseTable: true, clearExpired: false, schema: { tableName: place.name } }, pool)
      await store.onReady()
      return {
        store,
        held: async (id) => (await pool.query(`SELECT * FROM ${place.name} WHERE session_id = ?`, [id]))[0],
        close: async () => { await store.close(); await pool.end() }
      }
    }
  },
  {
    name: 'connect-loki 1.2',
    package: 'connect-loki',
    client: 'lokijs',
    backend: 'a file',
    own: { expired: 'never expires a session' },
    async open ({ session, place }) {
      const LokiStore = require('connect-loki')(session)
      const store = new LokiStore({ path: path.join(place.dir, 'loki.json'), ttl: 3600 })
      await new Promise((resolve) => store.once('connect', resolve))
      return {
        store,
        held: async (id) => store.collection.find({ sid: id }).map(({ sid, content, updatedAt }) => ({ sid, content, updatedAt })),
        close: () => new Promise((resolve) => store.client.close(resolve))
      }
    }
  },
  {
    name: 'connect-mongodb-session 5',
    package: 'connect-mongodb-session',
    client: 'mongodb',
    server: 'mongo',
    own: { disconnect: 'keeps its listeners on an emitter of its own' },
    async open ({ session, place, port }) {
      const Store = require('connect-mongodb-session')(session)
      const aside = await mongoHeld('mongodb', port, place)
      const store = await new Promise((resolve, reject) => {
        const made = new Store({ uri: url('mongodb', port, '/' + place.name), databaseName: place.name, collection: 'sessions', connectionOptions: mongoSettings },
          (err) => err ? reject(err) : resolve(made))
        made.on('error', quiet)
      })
      return { store, held: aside.held, close: async () => { await aside.close(); await store.client.close() } }
    }
  },
  {
    name: 'connect-sqlite3 0.9',
    package: 'connect-sqlite3',
    client: 'sqlite3',
    needs: ['sqlite3'],
    backend: 'SQLite in a file',
    open ({ session, place }) {
      const SQLiteStore = require('connect-sqlite3')(session)
      const store = new SQLiteStore({ dir: place.dir, db: 'sessions.sqlite' })
      return {
        store,
        held: (id) => promisify(store.db.all).call(store.db, 'SELECT * FROM sessions WHERE sid = ?', [id]),
        close: () => promisify(store.db.close).call(store.db)
      }
    }
  },
  {
    name: '@quixo3/prisma-session-store 3',
    package: '@quixo3/prisma-session-store',
    client: '@prisma/client',
    needs: ['@prisma/client', '@prisma/adapter-pg', '.prisma/client'],
    server: 'postgres',
    async open ({ place, port }) {
      const { PrismaSessionStore } = require('@quixo3/prisma-session-store')
      const { PrismaClient } = require('@prisma/client')
      const { PrismaPg } = require('@prisma/adapter-pg')
      const pool = pgPool(port)
      await pool.query(`CREATE SCHEMA IF NOT EXISTS ${place.name}`)
      await pool.query(`CREATE TABLE IF NOT EXISTS ${place.name}."Session"
        (id TEXT PRIMARY KEY, sid TEXT UNIQUE NOT NULL, data TEXT NOT NULL, "expiresAt" TIMESTAMP(3) NOT NULL)`)
      const prisma = new PrismaClient({
        adapter: new PrismaPg({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', connectionTimeoutMillis: 1000 }, { schema: place.name })
      })
      const store = new PrismaSessionStore(prisma, { checkPeriod: 3600000, dbRecordIdIsSessionId: true, logger: false })
      return {
        store,
        held: async (id) => (await pool.query(`SELECT * FROM ${place.name}."Session" WHERE sid = $1`, [id])).rows,
        close: async () => { await store.shutdown(); await prisma.$disconnect(); await pool.end() }
      }
    }
  },
  typeormRow('connect-typeorm 2'),
  typeormRow('connect-typeorm 2 with a nested express-session 1.17.3', 'connect-typeorm'),
  {
    name: 'better-sqlite3-session-store 0.1',
    package: 'better-sqlite3-session-store',
    client: 'better-sqlite3',
    needs: ['better-sqlite3'],
    backend: 'SQLite in a file',
    open ({ session, place }) {
      const SqliteStore = require('better-sqlite3-session-store')(session)
      const client = new (require('better-sqlite3'))(path.join(place.dir, 'sessions.sqlite'))
      const store = new SqliteStore({ client, expired: { clear: false } })
      return { store, held: async (id) => client.prepare('SELECT * FROM sessions WHERE sid = ?').all(id), close: () => client.close() }
    }
  },
  {
    name: 'SQLiteStore, beside better-sqlite3-session-store 0.1',
    package: 'better-sqlite3-session-store',
    client: 'better-sqlite3',
    needs: ['better-sqlite3'],
    backend: 'SQLite in a file',
    swap: false,
    vague: ['results'], // each its own
    differs: losesMaxAge,
    open ({ session, place }) {
      const file = path.join(place.dir, 'sessions.sqlite')
      if (session.SQLiteStore) {
        const store = new session.SQLiteStore({ file })
        store.sessionDefaults = {} // the other knows no touchAfter
        return { store, close: () => store.close() }
      }
      const SqliteStore = require('better-sqlite3-session-store')(session)
      const client = new (require('better-sqlite3'))(file)
      return { store: new SqliteStore({ client, expired: { clear: false } }), close: () => client.close() }
    }
  },

  sessionstoreRow('redis', 'redis', 'redis-2', ({ place, port }) => ({ type: 'redis', host: '127.0.0.1', port, prefix: place.name, retry_strategy: () => 200 })),
  sessionstoreRow('memcached', 'memcached', 'memjs', ({ place, port }) => ({ type: 'memcached', host: '127.0.0.1', port, prefix: place.name, expires: 3600 })),
  sessionstoreRow('memory', undefined, undefined, () => ({ type: 'inmemory' })),

  connectMemcached(3),
  connectMemcached(2),

  {
    name: 'connect-azuretables 1',
    package: 'connect-azuretables',
    client: 'azure-storage',
    vague: ['.metadata', 'headers'], // times and request ids
    server: 'azure',
    async open ({ session, place, port }) {
      const { azure: { account, key } } = require('./servers')
      process.env.AZURE_STORAGE_CONNECTION_STRING =
        `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};TableEndpoint=${url('http', port, '/' + account)};`
      const tables = require('azure-storage').createTableService()
      await promisify(tables.createTableIfNotExists).call(tables, place.name)
      const factory = require('connect-azuretables')(session)
      const store = factory.create({ table: place.name, sessionTimeOut: 60, overrideCron: '* * * * * *' })
      return { store, close: () => {} }
    }
  },

  {
    name: 'nedb-session-store 1.1',
    package: 'nedb-session-store',
    client: 'nedb',
    lastNode: 22, // it calls util.isDate
    backend: 'a file',
    open: ({ session, place }) => new Promise((resolve, reject) => {
      const Store = require('nedb-session-store')(session)
      const store = new Store({ filename: path.join(place.dir, 'nedb'), autoCompactInterval: null, onload: (err) => err ? reject(err) : resolve({ store }) })
    })
  },
  {
    name: 'express-nedb-session 0.1',
    package: 'express-nedb-session',
    client: 'nedb',
    lastNode: 22, // it calls util.isDate
    backend: 'a file',
    own: { expired: 'never expires a session' },
    open: ({ session, place }) => new Promise((resolve, reject) => {
      const Store = require('express-nedb-session')(session)
      const store = new Store({ filename: path.join(place.dir, 'nedb') }, (err) => err ? reject(err) : resolve({ store }))
    })
  },
  {
    name: 'tch-nedb-session 1.0',
    package: 'tch-nedb-session',
    client: 'nedb',
    lastNode: 22, // it calls util.isDate
    backend: 'a file',
    open: ({ session, place }) => new Promise((resolve, reject) => {
      const Store = require('tch-nedb-session')(session)
      const store = new Store({ filename: path.join(place.dir, 'nedb'), onLoad: (err) => err ? reject(err) : resolve({ store }) })
    })
  },
  {
    name: 'lowdb-session-store 1.1',
    package: 'lowdb-session-store',
    client: 'lowdb',
    backend: 'a file',
    own: { expired: 'a ttl of its own in place of maxAge' },
    open ({ session, place }) {
      const Store = require('lowdb-session-store')(session)
      const FileSync = require('lowdb/adapters/FileSync')
      const file = path.join(place.dir, 'lowdb.json')
      const db = require('lowdb')(new FileSync(file, { defaultValue: [] }))
      return { store: new Store(db, { ttl: 3600, disablePurge: true }), held: async (id) => JSON.parse(read(file)).filter((one) => one._id === id) }
    }
  },
  {
    name: 'level-session-store 2.2',
    package: 'level-session-store',
    client: 'level',
    backend: 'LevelDB in a folder',
    own: { expired: 'never expires a session' },
    async open ({ session, place }) {
      const Store = require('level-session-store')(session)
      const store = new Store(path.join(place.dir, 'level'))
      await new Promise((resolve) => store.once('connect', resolve))
      return { store, held: (id) => store.db.get(id), close: () => store.db.close() }
    }
  },
  {
    name: 'medea-session-store 2.2',
    package: 'medea-session-store',
    client: 'medea',
    backend: 'a folder',
    ascii: true, // it cuts a text off at its number of characters, not of bytes
    own: { expired: 'never expires a session' },
    back: false, // of two texts in two of its files it may take the older one, under upstream too
    async open ({ session, place }) {
      const Store = require('medea-session-store')(session)
      const db = require('medea')()
      await promisify(db.open).call(db, path.join(place.dir, 'medea'))
      return { store: new Store(db), close: () => promisify(db.close).call(db) }
    }
  },
  pouchRow('session-pouchdb-store 0.4'),
  pouchRow('session-pouchdb-store 0.4 with a nested express-session 1.17.3', 'session-pouchdb-store'),
  {
    name: 'express-session-cache-manager 1.0',
    package: 'express-session-cache-manager',
    client: 'cache-manager',
    memory: true,
    own: { expired: 'a ttl of its own in place of maxAge' },
    backend: 'memory',
    open () {
      const Store = require('express-session-cache-manager').default
      return { store: new Store(require('cache-manager').caching({ store: 'memory', max: 1000, ttl: 3600 })) }
    }
  }
]

function sessionstoreRow (backend, server, client, options) {
  return {
    name: 'sessionstore 1.3 on ' + backend,
    package: 'sessionstore',
    client,
    server,
    backend: server ? undefined : 'memory',
    memory: !server,
    own: server === 'redis'
      ? { 'server back': 'stays disconnected' }
      : server === 'memcached' ? { expired: 'a ttl of its own in place of maxAge' } : {},
    redirect: { sessionstore: { express: 'express-4', redis: 'redis-2' } },
    open (given) {
      return new Promise((resolve, reject) => {
        const { createSessionStore } = require('sessionstore')
        const store = createSessionStore(options(given), (err) => err
          ? reject(err)
          : resolve({
            store, close: () => store.client && (store.client.quit ? store.client.quit() : store.client.close && store.client.close())
          }))
      })
    }
  }
}

function pouchRow (name, foreign) {
  return {
    name,
    package: 'session-pouchdb-store',
    client: 'pouchdb',
    backend: 'memory (it writes to LevelDB once a second)',
    memory: true,
    foreign,
    own: {
      expired: 'never expires a session',
      ...Object.fromEntries(['regenerate', 'load regenerated', 'connect', 'delete req.session', 'destroy', 'destroy, then generate']
        .map((step) => [step, 'its destroy fails']))
    },
    open ({ place }) {
      const Store = require('session-pouchdb-store')
      const PouchDB = require('pouchdb')
      const db = new PouchDB(path.join(place.dir, 'pouch'))
      return { store: new Store(db, { commit: 600000 }), close: () => db.close() }
    }
  }
}

module.exports = { rows }
