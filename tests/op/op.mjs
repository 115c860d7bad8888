// A certified OpenID provider on a free loopback port; provider.py starts it and speaks with it by lines of JSON.
// It ends when its standard input does, so it never outlives the tests.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const wanted = JSON.parse(process.argv[2]);
const accounts = new Map(Object.entries(wanted.accounts));

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), kid: `${wanted.name}-1`, use: 'sig', alg: 'RS256' };

const claimsOf = (id) => ({
  sub: id,
  name: id,
  email: `${id}@example.com`,
  email_verified: true,
  groups: [],
  ...accounts.get(id),
});

const relyingParty = {
  client_id: wanted.client_id,
  client_secret: wanted.client_secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: wanted.redirect_uris,
  post_logout_redirect_uris: wanted.post_logout_redirect_uris,
  ...(wanted.backchannel && {
    backchannel_logout_uri: wanted.backchannel,
    backchannel_logout_session_required: true,
  }),
};

const machine = {
  client_id: wanted.machine_id,
  client_secret: wanted.machine_secret,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
};

const api = {
  scope: 'chat:read chat:write',
  audience: wanted.audience,
  accessTokenFormat: 'jwt',
  accessTokenTTL: 300,
  jwt: { sign: { alg: 'RS256' } },
};

const names = ['session', 'interaction', 'resume'];
const configuration = {
  clients: [relyingParty, machine],
  jwks: { keys: [key] },
  pkce: { required: () => true },
  conformIdTokenClaims: true,
  cookies: {
    keys: [`${wanted.name}-cookies`],
    names: Object.fromEntries(names.map((each) => [each, `_${wanted.name}_${each}`])), // hosts share all ports
  },
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name'],
    groups: ['groups'],
  },
  scopes: ['openid', 'offline_access', 'chat:read', 'chat:write'],
  // Logout tokens go to this very machine, which its own way of asking refuses.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (_, id) => ({ accountId: id, claims: () => claimsOf(id) }),
  extraTokenClaims: (_, token) => (token.accountId ? { groups: claimsOf(token.accountId).groups } : undefined),
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Grant: 3600, Session: 3600 },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // With a default on the code flow userinfo would refuse the access token.
      defaultResource: (ctx) => (ctx.oidc?.params?.grant_type === 'client_credentials' ? wanted.resource : undefined),
      useGrantedResource: () => false,
      getResourceServerInfo: () => api,
    },
  },
};

const say = (words) => process.stdout.write(`${JSON.stringify(words)}\n`);

const server = createServer();
server.listen(wanted.port ?? 0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  say({ ready: issuer });
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { account, claims } = JSON.parse(line);
    accounts.set(account, { ...accounts.get(account), ...claims });
    say({ account });
  })
  .on('close', () => process.exit(0));
