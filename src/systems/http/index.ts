import { defineSystem } from '../../core/system.ts';
import { createClient } from './client.ts';
import { httpConfig } from './config.ts';
import { backendDown } from './diagnoses/backend-down.ts';
import { backendFrozen } from './diagnoses/backend-frozen.ts';
import { badRelease } from './diagnoses/bad-release.ts';
import { certificateRefused } from './diagnoses/certificate-refused.ts';
import { credentialsRefused } from './diagnoses/credentials-refused.ts';
import { cutOff } from './diagnoses/cut-off.ts';
import { dependencyError } from './diagnoses/dependency-error.ts';
import { lossyEndpoint } from './diagnoses/lossy-way.ts';
import { ownError } from './diagnoses/own-error.ts';
import { portsExhausted } from './diagnoses/ports-exhausted.ts';
import { unexpectedAnswer } from './diagnoses/unexpected-answer.ts';
import { unreachableEndpoint } from './diagnoses/unreachable.ts';
import { discover } from './discover.ts';
import { logs } from './logs.ts';
import { response } from './probes/response.ts';

export const http = defineSystem({
  kind: 'http',
  summary: 'An HTTP or HTTPS endpoint: status, body, headers, and how long each phase takes',
  config: httpConfig,
  connect: (config, ctx) => createClient(config, ctx.folder),
  close: async () => {},
  address(config) {
    const url = new URL(config.url);
    return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
  },
  probes: [response],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [
    backendDown,
    backendFrozen,
    unreachableEndpoint,
    cutOff,
    credentialsRefused,
    certificateRefused,
    dependencyError,
    badRelease,
    ownError,
    unexpectedAnswer,
    portsExhausted,
    lossyEndpoint,
  ],
  actions: [],
  discover,
  logs,
});
