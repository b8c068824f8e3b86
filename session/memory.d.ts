import session = require('../index')

export = session.MemoryStore
