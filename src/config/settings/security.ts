/** Who may come in and what they may do: SASL, tokens, authorization. */
import {
  boolean,
  double,
  int,
  javaClass,
  list,
  long,
  password,
  short,
  string,
} from "../setting.ts";

export const SECURITY_SETTINGS = {
  "authorizer.class.name": string({
    default: "",
    doc: "The authorizer, by the name of its Java class in Kafka; empty for none.",
  }),
  "super.users": string({
    default: "",
    isHidden: true,
    doc: "Principals that may do everything, by semicolons.",
  }),
  "allow.everyone.if.no.acl.found": boolean({
    default: false,
    isHidden: true,
    doc: "Whether everyone may use what no access rule names.",
  }),
  "principal.builder.class": javaClass({
    default: "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
    dynamic: "broker",
    doc: "A Java class that makes a principal of a connection.",
  }),
  "security.providers": string({ default: null, doc: "Java security providers to install." }),
  "delegation.token.secret.key": password({
    doc: "The secret that delegation tokens are signed with, the same on all brokers; none " +
      "turns tokens off.",
  }),
  "delegation.token.max.lifetime.ms": long({
    default: 604_800_000,
    min: 1,
    doc: "A delegation token can't be renewed beyond this age.",
  }),
  "delegation.token.expiry.time.ms": long({
    default: 86_400_000,
    min: 1,
    doc: "How long a delegation token lasts between renewals.",
  }),
  "delegation.token.expiry.check.interval.ms": long({
    default: 3_600_000,
    min: 1,
    doc: "How often to look for delegation tokens that are over.",
  }),
  "sasl.enabled.mechanisms": list({
    default: ["GSSAPI"],
    dynamic: "broker",
    doc: "The SASL mechanisms that listeners offer.",
  }),
  "sasl.mechanism.inter.broker.protocol": string({
    default: "GSSAPI",
    dynamic: "broker",
    doc: "The SASL mechanism among brokers.",
  }),
  "sasl.mechanism.controller.protocol": string({
    default: "GSSAPI",
    doc: "The SASL mechanism towards controllers.",
  }),
  "sasl.jaas.config": password({
    dynamic: "broker",
    doc: "Credentials and login module in JAAS form; on a broker with the listener's and " +
      "mechanism's prefix.",
  }),
  "sasl.server.max.receive.size": int({
    default: 524_288,
    doc: "The largest message of a SASL handshake.",
  }),
  "sasl.server.callback.handler.class": javaClass({
    default: null,
    doc: "A Java class that answers a mechanism's questions on the server's side.",
  }),
  "sasl.client.callback.handler.class": javaClass({
    default: null,
    doc: "A Java class that answers a mechanism's questions on the client's side.",
  }),
  "sasl.login.callback.handler.class": javaClass({
    default: null,
    doc: "A Java class that answers a login's questions.",
  }),
  "sasl.login.class": javaClass({ default: null, doc: "A Java class that does the login." }),
  "sasl.login.connect.timeout.ms": int({
    default: null,
    doc: "How long a connection to an identity provider may take.",
  }),
  "sasl.login.read.timeout.ms": int({
    default: null,
    doc: "How long an identity provider may take to answer.",
  }),
  "sasl.login.retry.backoff.ms": long({
    default: 100,
    doc: "The first pause before a login is tried again.",
  }),
  "sasl.login.retry.backoff.max.ms": long({
    default: 10000,
    doc: "The longest pause before a login is tried again.",
  }),
  "sasl.login.refresh.window.factor": double({
    default: 0.8,
    dynamic: "broker",
    doc: "At which part of its life a credential is refreshed.",
  }),
  "sasl.login.refresh.window.jitter": double({
    default: 0.05,
    dynamic: "broker",
    doc: "The random part of that time.",
  }),
  "sasl.login.refresh.min.period.seconds": short({
    default: 60,
    dynamic: "broker",
    doc: "The shortest time between two refreshes.",
  }),
  "sasl.login.refresh.buffer.seconds": short({
    default: 300,
    dynamic: "broker",
    doc: "How long before its end a credential is refreshed at the latest.",
  }),
  "sasl.kerberos.service.name": string({
    default: null,
    dynamic: "broker",
    doc: "The Kerberos principal's name that brokers run as.",
  }),
  "sasl.kerberos.kinit.cmd": string({
    default: "/usr/bin/kinit",
    dynamic: "broker",
    doc: "The path of kinit.",
  }),
  "sasl.kerberos.ticket.renew.window.factor": double({
    default: 0.8,
    dynamic: "broker",
    doc: "At which part of its life a ticket is renewed.",
  }),
  "sasl.kerberos.ticket.renew.jitter": double({
    default: 0.05,
    dynamic: "broker",
    doc: "The random part of that time.",
  }),
  "sasl.kerberos.min.time.before.relogin": long({
    default: 60000,
    dynamic: "broker",
    doc: "The shortest time between two logins.",
  }),
  "sasl.kerberos.principal.to.local.rules": list({
    default: ["DEFAULT"],
    dynamic: "broker",
    doc: "Rules that make a short user name of a Kerberos principal.",
  }),
  "sasl.oauthbearer.scope.claim.name": string({
    default: "scope",
    doc: "The claim of a token that holds its scope.",
  }),
  "sasl.oauthbearer.sub.claim.name": string({
    default: "sub",
    doc: "The claim of a token that holds its subject.",
  }),
  "sasl.oauthbearer.token.endpoint.url": string({ default: null, doc: "Where tokens come from." }),
  "sasl.oauthbearer.scope": string({ default: null, doc: "The scope to ask for." }),
  "sasl.oauthbearer.client.credentials.client.id": string({
    default: null,
    doc: "The client id to ask with.",
  }),
  "sasl.oauthbearer.client.credentials.client.secret": password({
    doc: "The client secret to ask with.",
  }),
  "sasl.oauthbearer.jwks.endpoint.url": string({
    default: null,
    doc: "Where the keys that tokens are signed with come from.",
  }),
  "sasl.oauthbearer.jwks.endpoint.refresh.ms": long({
    default: 3_600_000,
    doc: "How often those keys are fetched anew.",
  }),
  "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms": long({
    default: 100,
    doc: "The first pause before keys are fetched again.",
  }),
  "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms": long({
    default: 10000,
    doc: "The longest pause before keys are fetched again.",
  }),
  "sasl.oauthbearer.clock.skew.seconds": int({
    default: 30,
    doc: "How far clocks may differ when a token's times are checked.",
  }),
  "sasl.oauthbearer.expected.audience": list({
    default: [],
    doc: "The audiences that a token must name one of.",
  }),
  "sasl.oauthbearer.expected.issuer": string({
    default: null,
    doc: "The issuer that a token must name.",
  }),
  "sasl.oauthbearer.jwt.retriever.class": javaClass({
    default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
    doc: "A Java class that fetches tokens.",
  }),
  "sasl.oauthbearer.jwt.validator.class": javaClass({
    default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
    doc: "A Java class that checks tokens.",
  }),
  "sasl.oauthbearer.assertion.algorithm": string({
    default: "RS256",
    oneOf: ["ES256", "RS256"],
    ignoresCase: true,
    doc: "The algorithm that an assertion is signed with.",
  }),
  "sasl.oauthbearer.assertion.file": string({
    default: null,
    doc: "A file that holds a ready assertion.",
  }),
  "sasl.oauthbearer.assertion.private.key.file": string({
    default: null,
    doc: "A file that holds the key to sign assertions with.",
  }),
  "sasl.oauthbearer.assertion.private.key.passphrase": password({
    doc: "The passphrase of that key.",
  }),
  "sasl.oauthbearer.assertion.template.file": string({
    default: null,
    doc: "A file that holds headers and claims for assertions.",
  }),
  "sasl.oauthbearer.assertion.claim.aud": string({
    default: null,
    doc: "The audience claim of an assertion.",
  }),
  "sasl.oauthbearer.assertion.claim.iss": string({
    default: null,
    doc: "The issuer claim of an assertion.",
  }),
  "sasl.oauthbearer.assertion.claim.sub": string({
    default: null,
    doc: "The subject claim of an assertion.",
  }),
  "sasl.oauthbearer.assertion.claim.exp.seconds": int({
    default: 300,
    min: 0,
    max: 86400,
    doc: "How long an assertion is valid.",
  }),
  "sasl.oauthbearer.assertion.claim.nbf.seconds": int({
    default: 60,
    min: 0,
    max: 3600,
    doc: "How far back an assertion's validity begins.",
  }),
  "sasl.oauthbearer.assertion.claim.jti.include": boolean({
    default: false,
    doc: "Whether an assertion gets an id of its own.",
  }),
};
