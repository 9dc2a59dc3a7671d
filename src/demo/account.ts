export { type Account, give, serverAccount } from '../machine/unprivileged.ts';
