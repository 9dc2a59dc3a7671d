import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultAccess } from '../core/access.ts';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function read(access: string) {
  const text = `targets: { it: { system: process, pidFile: /nonexistent/it.pid } }\n${access}`;
  return readConfiguration({
    file: 'upkeep.yaml',
    text,
    env: { SECRET: 's3' },
    systems,
    notifiers,
    readFile: () => '',
  });
}
const problemsOf = (access: string) => read(access).problems.map(formatProblem).join('\n');

test('without access: nobody needs a second factor, sessions last days, no provider is asked', () => {
  assert.deepEqual(read('').configuration?.access, defaultAccess);
});

test('a provider is read with its roles, the most of a group that is named twice, and openid always asked for', () => {
  const access = read(`access:
  requireTotp: true
  session: { idle: 30m, absolute: 12h }
  oidc:
    company:
      issuer: https://login.example.test
      clientId: upkeep
      clientSecret: "\${SECRET}"
      scopes: [email]
      allowedDomains: ["@Example.test"]
      roles: { claim: groups, viewer: all, admin: [sre, all], default: operator }
`).configuration?.access;
  assert.deepEqual(
    [access?.requireTotp, access?.session],
    [true, { idleMs: 1_800_000, absoluteMs: 43_200_000 }],
  );
  const [company] = access?.oidc ?? [];
  assert.deepEqual(
    [company?.label, company?.clientSecret, company?.scopes, company?.allowedDomains],
    [...['company', 's3'], ['openid', 'email'], ['example.test']],
  );
  assert.deepEqual([...(company?.roles.byValue ?? [])].sort(), [
    ['all', 'admin'],
    ['sre', 'admin'],
  ]);
  assert.equal(company?.roles.fallback, 'operator');
});

test('what would let in the wrong people, or nobody, is a problem with its place', () => {
  const provider = (more: string) => `access: { oidc: { sso: { clientId: a, ${more} } } }`;
  const https = 'issuer: "https://id.test"';
  const cases: [string, RegExp][] = [
    [provider('issuer: "http://id.test", roles: { default: viewer }'), /is no https address/],
    [provider('roles: { default: viewer }'), /needs issuer/],
    [provider(https), /says nobody’s role/],
    [provider(`${https}, roles: {}`), /lets nobody in/],
    [provider(`${https}, roles: { admin: sre }`), /not where they stand.*claim: groups/],
    [
      provider(`${https}, roles: { default: owner }`),
      /"owner" is not one of viewer, operator, approver, admin/,
    ],
    [provider(`${https}, roles: { owner: sre, claim: g }`), /owner.*not a key/],
    [
      `access: { oidc: { "My SSO": { ${https}, clientId: a, roles: { default: viewer } } } }`,
      /is no name of a provider/,
    ],
    [`access: { oidc: { sso: { ${https}, roles: { default: viewer } } } }`, /needs clientId/],
    ['access: { session: { idle: 2d, absolute: 1d } }', /longer than a session lasts/],
    ['access: { session: { idle: 10s } }', /too short/],
    ['access: { requireTotp: maybe }', /neither true nor false/],
    ['access: { totp: true }', /not a key that belongs here/],
  ];
  for (const [text, problem] of cases) assert.match(problemsOf(text), problem, text);
  assert.equal(problemsOf(provider('issuer: "http://127.0.0.1:9000", roles: { default: viewer }')), '');
});
