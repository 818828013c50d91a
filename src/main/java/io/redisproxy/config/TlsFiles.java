package io.redisproxy.config;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.impl.KeyStoreHelper;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads certificates and keys from PEM files, such as those of a mounted secret. */
interface TlsFiles {
  /** The certificates in the file that the value names, at least one. */
  Optional<List<X509Certificate>> certificates(Value file);

  /** A certificate with its key. */
  Optional<TlsIdentity> identity(Value certificateFile, Value keyFile);

  /** {@code folder}: where their paths begin. */
  static TlsFiles in(Path folder) {
    return new Here(folder);
  }

  /** For files that are on another machine: any path will do, and leads to nothing. */
  static TlsFiles elsewhere() {
    return new Elsewhere();
  }

  /** Only the paths are looked at. */
  final class Elsewhere implements TlsFiles {
    @Override
    public Optional<List<X509Certificate>> certificates(Value file) {
      return PasswordFile.path(file, Path.of("")).map(path -> List.of());
    }

    @Override
    public Optional<TlsIdentity> identity(Value certificateFile, Value keyFile) {
      Optional<?> key = certificates(keyFile);
      return certificates(certificateFile)
          .filter(chain -> key.isPresent())
          .map(chain -> new TlsIdentity(chain, null));
    }
  }

  /** Files of this machine. Vert.x knows the ways in which they are written. */
  final class Here implements TlsFiles {
    private static final String CERTIFICATE = "-----BEGIN CERTIFICATE-----";
    private static final byte[] TEXT = {1, 2, 3, 4};

    private final Path folder;

    private Here(Path folder) {
      this.folder = folder;
    }

    @Override
    public Optional<List<X509Certificate>> certificates(Value file) {
      return read(file, "file with the certificate").flatMap(pem -> certificates(file, pem));
    }

    @Override
    public Optional<TlsIdentity> identity(Value certificateFile, Value keyFile) {
      Optional<Buffer> chain = read(certificateFile, "file with the certificate");
      Optional<Buffer> key = read(keyFile, "file with the key");
      if (chain.flatMap(pem -> certificates(certificateFile, pem)).isEmpty() || key.isEmpty()) {
        return Optional.empty();
      }
      return identity(keyFile, certificateFile.show(), chain.get(), key.get());
    }

    private Optional<Buffer> read(Value file, String wanted) {
      return PasswordFile.path(file, folder)
          .flatMap(path -> SmallFile.read(path, wanted, file::mistake))
          .map(Buffer::buffer);
    }

    private static Optional<List<X509Certificate>> certificates(Value file, Buffer pem) {
      if (!pem.toString().contains(CERTIFICATE)) {
        file.mistake(
            "there is no certificate in it; name a PEM file, which has a line " + CERTIFICATE);
        return Optional.empty();
      }
      try {
        KeyStore store = KeyStoreHelper.loadCA(Stream.of(pem));
        List<X509Certificate> all = new ArrayList<>();
        for (String alias : Collections.list(store.aliases())) {
          all.add((X509Certificate) store.getCertificate(alias));
        }
        return Optional.of(all);
      } catch (Exception e) {
        file.mistake("a certificate in it is damaged (" + e.getMessage() + "); copy it again");
        return Optional.empty();
      }
    }

    private static Optional<TlsIdentity> identity(
        Value keyFile, String certificateFile, Buffer chain, Buffer key) {
      String text = key.toString();
      if (text.contains("ENCRYPTED")) {
        keyFile.mistake("the key is encrypted; write it without a passphrase, with openssl pkey");
        return Optional.empty();
      }
      if (!text.contains("PRIVATE KEY-----")) {
        keyFile.mistake(
            "there is no private key in it; name a PEM file, which has a line -----BEGIN PRIVATE"
                + " KEY-----");
        return Optional.empty();
      }
      try {
        TlsIdentity identity = identity(KeyStoreHelper.loadKeyCert(List.of(key), List.of(chain)));
        if (belongTogether(identity)) {
          return Optional.of(identity);
        }
      } catch (IllegalArgumentException otherAlgorithm) {
        // It doesn't belong to the certificate either.
      } catch (Exception e) {
        keyFile.mistake("the key can't be used (" + e.getMessage() + "); use one of RSA or EC");
        return Optional.empty();
      }
      keyFile.mistake(
          "the key is not that of the certificate in "
              + certificateFile
              + "; name the two that were made together");
      return Optional.empty();
    }

    private static TlsIdentity identity(KeyStore store) throws GeneralSecurityException {
      String alias = store.aliases().nextElement();
      Certificate[] chain = store.getCertificateChain(alias);
      return new TlsIdentity(
          Arrays.stream(chain).map(X509Certificate.class::cast).toList(),
          (PrivateKey) store.getKey(alias, KeyStoreHelper.DUMMY_PASSWORD.toCharArray()));
    }

    /** What the key signs the certificate has to know for its own. */
    private static boolean belongTogether(TlsIdentity identity) throws GeneralSecurityException {
      PrivateKey key = identity.privateKey();
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initSign(key);
      signature.update(TEXT);
      byte[] signed = signature.sign();
      signature.initVerify(identity.chain().get(0).getPublicKey());
      signature.update(TEXT);
      return signature.verify(signed);
    }
  }
}
