package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The files under k8s, which are in the package too: a proxy is the same whoever makes it. */
final class Template {
  private Template() {}

  /** What the file says, under the name and with the labels of a RedisProxy's objects. */
  static <T extends HasMetadata> T read(String file, Class<T> kind, RedisProxy proxy) {
    String path = "/operator/" + file + ".yaml";
    try (InputStream yaml = Template.class.getResourceAsStream(path)) {
      T object = Serialization.unmarshal(yaml, kind);
      object.setMetadata(Names.metadata(proxy, proxy.getMetadata().getName()));
      return object;
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }
}
