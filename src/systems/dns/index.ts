import { defineSystem } from '../../core/system.ts';
import { dnsConfig } from './config.ts';
import { wrongAnswer } from './diagnoses/wrong-answer.ts';
import { zoneTrouble } from './diagnoses/zone-trouble.ts';
import { aliasProbe } from './probes/alias.ts';
import { answersProbe } from './probes/answers.ts';

import { caaProbe } from './probes/caa.ts';
import { dnssecProbe } from './probes/dnssec.ts';
import { mailProbe } from './probes/mail.ts';
import { registrationProbe } from './probes/registration.ts';
import { zoneProbe } from './probes/zone.ts';

export const dns = defineSystem({
  kind: 'dns',
  summary:
    'A DNS name and its zone: answers as declared, name servers, DNSSEC, mail records, CAA, registration',
  config: dnsConfig,
  connect: (config) => ({ config }),
  close: async () => {},
  address(config) {
    const at = config.resolver === undefined ? '' : ` @${[config.resolver].flat().join(',')}`;
    return `${config.name} ${config.type}${at}`;
  },
  probes: [answersProbe, aliasProbe, zoneProbe, dnssecProbe, mailProbe, caaProbe, registrationProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [wrongAnswer, zoneTrouble],
  actions: [],
});
