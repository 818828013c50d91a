package io.redisproxy.operator.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Some proxies that are alike, and all that they need on the cluster. */
@Group(RedisProxy.GROUP)
@Version("v1alpha1")
@Kind("RedisProxy")
@Singular("redisproxy")
@Plural("redisproxies")
@ShortNames("rproxy")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason")
@AdditionalPrinterColumn(
    name = "Pods",
    jsonPath = ".status.readyReplicas",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Desired",
    jsonPath = ".status.replicas",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(name = "Endpoint", jsonPath = ".status.endpoints[0]")
@AdditionalPrinterColumn(name = "Master", jsonPath = ".status.listeners[0].master")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value = "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$')",
    message =
        "the name becomes that of a Service: up to 52 small letters, digits and hyphens, a letter"
            + " first")
public class RedisProxy extends CustomResource<RedisProxySpec, RedisProxyStatus>
    implements Namespaced {
  /** The API group. */
  public static final String GROUP = "redisproxy.io";

  private static final long serialVersionUID = 1L;

  /** What a record needs is known only to who writes it. */
  @Override
  protected RedisProxySpec initSpec() {
    return null;
  }

  @Override
  protected RedisProxyStatus initStatus() {
    return null;
  }
}
