package io.redisproxy.operator;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfig;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.binary.BinaryManager;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The API server of Kubernetes itself, with an etcd of its own. Nobody is behind it: no controllers
 * that make pods or collect what has lost its owner, and no nodes.
 */
final class RealApiServer implements AutoCloseable {
  private static final String OPERATOR = "redis-proxy-operator";
  private static final String NAMESPACE = "redis-proxy-system";
  private static final KubeAPIServerConfig CONFIG =
      KubeAPIServerConfigBuilder.anAPIServerConfig()
          .withUpdateKubeConfig(false)
          .withOfflineMode(!mayDownload())
          .build();

  private final KubeAPIServer server = new KubeAPIServer(CONFIG);
  private final Config admin;
  private final Kubectl kubectl;

  /** {@code folder}: where files may be written. */
  RealApiServer(Path folder) throws IOException {
    server.start();
    String kubeconfig = server.getKubeConfigYaml();
    admin = Config.fromKubeconfig(kubeconfig);
    Path file = Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
    BinaryManager programs = new BinaryManager(CONFIG);
    programs.initAndDownloadIfRequired();
    kubectl =
        new Kubectl(
            programs.binaries().getKubectl().toString(), folder, List.of("--kubeconfig=" + file));
  }

  /** What there has to be for it; empty if it is there. */
  static String missing() throws IOException {
    if (mayDownload() || isThere()) {
      return "";
    }
    return "no API server of Kubernetes: put etcd, kube-apiserver and kubectl into %s, as"
            .formatted(folder().resolve("<version>-linux-amd64"))
        + " \"setup-envtest use --bin-dir\" does, name another folder by KUBE_API_TEST_DIR, or let"
        + " them be downloaded with KUBE_API_TEST_OFFLINE_MODE=false";
  }

  private static boolean isThere() throws IOException {
    if (!Files.isDirectory(folder())) {
      return false;
    }
    try (Stream<Path> versions = Files.list(folder())) {
      return versions.anyMatch(
          version ->
              Stream.of("etcd", "kube-apiserver", "kubectl")
                  .allMatch(program -> Files.isExecutable(version.resolve(program))));
    }
  }

  private static Path folder() {
    return Path.of(CONFIG.getKubeAPITestDir(), BinaryManager.BINARY_LIST_DIR);
  }

  private static boolean mayDownload() {
    return "false".equals(System.getenv(KubeAPIServerConfigBuilder.KUBE_API_TEST_OFFLINE_MODE));
  }

  Kubectl kubectl() {
    return kubectl;
  }

  /** Of somebody who may do everything. */
  KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(admin).build();
  }

  /** Of the operator, by its ServiceAccount, which has to be there. */
  KubernetesClient operatorClient() {
    return client(NAMESPACE, OPERATOR);
  }

  /** Of a ServiceAccount, which has to be there. */
  KubernetesClient client(String namespace, String account) {
    try (KubernetesClient client = client()) {
      TokenRequest token =
          client.serviceAccounts().inNamespace(namespace).withName(account).tokenRequest();
      return new KubernetesClientBuilder()
          .withConfig(
              new ConfigBuilder(Config.empty())
                  .withMasterUrl(admin.getMasterUrl())
                  .withCaCertFile(admin.getCaCertFile())
                  .withCaCertData(admin.getCaCertData())
                  .withOauthToken(token.getStatus().getToken())
                  .withNamespace(namespace)
                  .build())
          .build();
    }
  }

  @Override
  public void close() {
    server.stop();
  }
}
