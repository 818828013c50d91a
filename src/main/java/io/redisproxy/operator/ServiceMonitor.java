package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Map;

/** The Prometheus operator's kind, as far as it matters here. */
@Group("monitoring.coreos.com")
@Version("v1")
public final class ServiceMonitor extends CustomResource<Map<String, Object>, Void>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Override
  protected Map<String, Object> initSpec() {
    return null;
  }
}
