/** TLS on listeners. */
import { boolean, javaClass, list, password, string } from "../setting.ts";

export const SSL_SETTINGS = {
  "ssl.protocol": string({ default: "TLSv1.3", dynamic: "broker", doc: "The newest TLS version." }),
  "ssl.enabled.protocols": list({
    default: ["TLSv1.2", "TLSv1.3"],
    dynamic: "broker",
    doc: "The TLS versions that are spoken.",
  }),
  "ssl.cipher.suites": list({
    default: [],
    dynamic: "broker",
    doc: "The cipher suites that are spoken; all that the runtime trusts when empty.",
  }),
  "ssl.client.auth": string({
    default: "none",
    oneOf: ["required", "requested", "none"],
    dynamic: "broker",
    doc: "Whether clients must show a certificate: required, requested, or none.",
  }),
  "ssl.endpoint.identification.algorithm": string({
    default: "https",
    dynamic: "broker",
    doc: "How a server's name is checked against its certificate; empty for not at all.",
  }),
  "ssl.principal.mapping.rules": string({
    default: "DEFAULT",
    doc: "Rules that make a short user name of a certificate's subject.",
  }),
  "ssl.keystore.type": string({
    default: "JKS",
    dynamic: "broker",
    doc: "The form of the key store: JKS, PKCS12 or PEM.",
  }),
  "ssl.keystore.location": string({
    default: null,
    dynamic: "broker",
    doc: "The file of the key store.",
  }),
  "ssl.keystore.password": password({ dynamic: "broker", doc: "The password of the key store." }),
  "ssl.keystore.key": password({ dynamic: "broker", doc: "The private key itself, as PEM." }),
  "ssl.keystore.certificate.chain": password({
    dynamic: "broker",
    doc: "The certificate chain itself, as PEM.",
  }),
  "ssl.key.password": password({ dynamic: "broker", doc: "The password of the private key." }),
  "ssl.truststore.type": string({
    default: "JKS",
    dynamic: "broker",
    doc: "The form of the trust store: JKS, PKCS12 or PEM.",
  }),
  "ssl.truststore.location": string({
    default: null,
    dynamic: "broker",
    doc: "The file of the trust store.",
  }),
  "ssl.truststore.password": password({
    dynamic: "broker",
    doc: "The password of the trust store.",
  }),
  "ssl.truststore.certificates": password({
    dynamic: "broker",
    doc: "The trusted certificates themselves, as PEM.",
  }),
  "ssl.allow.dn.changes": boolean({
    default: false,
    doc: "Whether a new certificate may have another subject than the one it replaces.",
  }),
  "ssl.allow.san.changes": boolean({
    default: false,
    doc: "Whether a new certificate may lack alternative names of the one it replaces.",
  }),
  "ssl.provider": string({
    default: null,
    dynamic: "broker",
    doc: "A Java security provider for TLS.",
  }),
  "ssl.engine.factory.class": javaClass({
    default: null,
    dynamic: "broker",
    doc: "A Java class that makes TLS engines.",
  }),
  "ssl.keymanager.algorithm": string({
    default: "SunX509",
    dynamic: "broker",
    doc: "A Java key manager's algorithm.",
  }),
  "ssl.trustmanager.algorithm": string({
    default: "PKIX",
    dynamic: "broker",
    doc: "A Java trust manager's algorithm.",
  }),
  "ssl.secure.random.implementation": string({
    default: null,
    dynamic: "broker",
    doc: "A Java random generator for TLS.",
  }),
};
