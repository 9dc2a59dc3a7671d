import type { Fault, Handles } from '../fault.ts';
import { password } from '../secret.ts';
import { until } from '../until.ts';

export function wrongPassword({ postgres, clock }: Handles): Fault {
  const set = (secret: string) => postgres.admin(`alter role app password '${secret}'`);
  const isPresent = async () => {
    const probe = postgres.client('app', 'upkeep-demo');
    try {
      await probe.connect();
      return false;
    } catch (error) {
      // 28P01 invalid_password
      return error instanceof Error && 'code' in error && error.code === '28P01';
    } finally {
      await probe.end().catch(() => {});
    }
  };
  return {
    name: 'wrong-password',
    key: 'p',
    title: 'Wrong password',
    does: "ALTER ROLE app PASSWORD '<another>'; SELECT pg_terminate_backend(pid) for the sessions of app",
    // Upkeep's own role still logs in: only what the shop answers tells.
    expect: { target: 'db', rule: 'http.down', diagnosis: 'http.credentials-refused' },
    healedByUpkeep: false,
    async inject() {
      await set(password());
      await postgres.admin("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
      await until(clock, 'the refusal of the old password', 5_000, isPresent);
    },
    async heal() {
      await set(postgres.passwords.app);
    },
    isPresent,
  };
}
