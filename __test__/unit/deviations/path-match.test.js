'use strict'

// The cookie's path matches as RFC 6265 §5.1.4 says.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { deviation, middleware } = require('../../helpers/subject')

/** Whether a request for `url` has a session when the cookie has `path`. */
function has (path, url, extra) {
  const req = { headers: {}, url, ...extra }
  middleware({ cookie: { path } })(req, { end () {} }, err => { if (err) throw err })
  return req.session !== undefined
}

const SAME = [
  ['/', '/', true], ['/', '/anything', true], ['/', '/?a=b', true], ['/', '', true], ['/', '*', false],
  ['/admin', '/admin', true], ['/admin', '/admin/', true], ['/admin', '/admin/users', true], ['/admin', '/admin?x=/', true],
  ['/admin/', '/admin/', true], ['/admin/', '/admin/users', true], ['/admin/', '/admin', false],
  ['/admin', '/', false], ['/admin', '/adm', false], ['/admin', '/Admin', false], ['/admin', '/x/admin', false], ['/admin', '/?/admin', false],
  ['/admin', 'http://example.com/admin/x', true], ['/admin', 'http://example.com/', false], ['/', 'http://example.com', true],
  ['/a b', '/a%20b', false], ['/admin', '/admin#/x', true]
]

for (const [path, url, expected] of SAME) {
  test(`The path ${path} ${expected ? 'matches' : 'does not match'} ${url || 'an empty URL'}`, () => {
    assert.equal(has(path, url), expected)
  })
}

for (const [path, url] of [
  ['/admin', '/administrator'], ['/admin', '/admin-old/x'], ['/admin', '/admin.html'], ['/admin', '/admin%2Fx'], ['/admin', '/adminx?/'], ['/a/b', '/a/bc'],
  ['/admin', '/admin;x'], ['/admin', 'http://example.com/administrator']
]) {
  deviation(`The path ${path} does not match ${url}`, () => {
    assert.equal(has(path, url), false)
  })
}

test('The path is matched with the URL that the client asked for, not with what a router left of it', () => {
  assert.equal(has('/admin', '/users', { originalUrl: '/admin/users' }), true)
  assert.equal(has('/admin', '/admin', { originalUrl: '/other/admin' }), false)
})
