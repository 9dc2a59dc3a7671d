/** Journal entries of who came in, and with what rights. Pure. */
import { capital } from './count.ts';
import { followed, list, plural, type Saying, type Words, word } from './payload-words.ts';

const role: Saying = (p) => (p.role ? `As ${word(p, 'role')}` : '');
const from: Saying = (p) => (p.address ? `From ${word(p, 'address')}` : '');

/** `zoe: the password is wrong; from 10.0.0.7`. What is no account's name is never written down: it may be a password. */
const turnedAway: Saying = (p) => {
  const reason = p.account ? `${word(p, 'account')}: ${word(p, 'reason')}` : capital(word(p, 'reason'));
  return reason === '' ? from(p) : [reason, from(p).toLowerCase()].filter((part) => part !== '').join('; ');
};

export const accessWords: Readonly<Record<string, Words>> = {
  'access.refused': ['Access refused'],
  'account.created': ['Account made', role],
  'account.invited': ['Somebody invited', role],
  'account.uninvited': ['Invitation taken back'],
  'account.disabled': ['Account disabled'],
  'account.enabled': ['Account enabled'],
  'account.removed': ['Account removed'],
  'account.role-changed': ['Role changed', (p) => `From ${word(p, 'from')} to ${word(p, 'to')}`],
  'account.password-asked': ['New password asked for'],
  'account.password-changed': ['Password changed'],
  'second-factor.on': ['Second factor turned on', from],
  'second-factor.off': ['Second factor turned off'],
  'second-factor.codes-renewed': ['Recovery codes renewed'],
  'second-factor.recovery-used': ['Recovery code used', from],
  'second-factor.refused': ['Second factor refused', turnedAway],
  'login.accepted': [
    'Signed in',
    (p) =>
      [p.method ? `By ${word(p, 'method').replace('oidc:', '')}` : '', from(p).toLowerCase()]
        .filter((part) => part !== '')
        .join(' '),
  ],
  'login.code-asked': ['Code asked for', from],
  'login.refused': ['Sign-in refused', turnedAway],
  'login.locked': ['Sign-in locked', from],
  logout: ['Signed out'],
  'session.revoked': ['Browsers signed out', (p) => plural(p.ended ?? 1, 'session')],
  'token.created': ['Token made', (p) => followed(word(p, 'name'), list(p.scopes))],
  'token.revoked': ['Token revoked', (p) => word(p, 'name')],
  'token.refused': ['Token refused', (p) => followed(`${word(p, 'reason')} token`, word(p, 'address'))],
  'setup.refused': ['Set-up refused', from],
  'request.refused': ['Request refused', (p) => followed(word(p, 'reason'), word(p, 'address'))],
  'link.refused': ['Link refused'],
  'hook.refused': ['Webhook refused'],
};
