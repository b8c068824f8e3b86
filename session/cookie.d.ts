import session = require('../index')

export = session.Cookie
