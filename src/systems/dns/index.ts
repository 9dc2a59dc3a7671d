import { defineSystem } from '../../core/system.ts';
import { dnsConfig } from './config.ts';
import { wrongAnswer } from './diagnoses/wrong-answer.ts';
import { answersProbe } from './probes/answers.ts';

export const dns = defineSystem({
  kind: 'dns',
  summary: 'A DNS name: resolves, answers as declared, time to live, latency',
  config: dnsConfig,
  connect: (config) => ({ config }),
  close: async () => {},
  address(config) {
    const at = config.resolver === undefined ? '' : ` @${[config.resolver].flat().join(',')}`;
    return `${config.name} ${config.type}${at}`;
  },
  probes: [answersProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [wrongAnswer],
  actions: [],
});
