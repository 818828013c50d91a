package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.APIGroupBuilder;
import io.fabric8.kubernetes.api.model.APIGroupListBuilder;
import io.fabric8.kubernetes.api.model.APIResourceBuilder;
import io.fabric8.kubernetes.api.model.APIResourceListBuilder;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GroupVersionForDiscoveryBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an API server tells kubectl of its kinds, by path. */
final class Discovery {
  private static final List<Class<? extends HasMetadata>> KINDS =
      List.of(
          Namespace.class,
          ServiceAccount.class,
          CustomResourceDefinition.class,
          ClusterRole.class,
          ClusterRoleBinding.class,
          Role.class,
          RoleBinding.class,
          ConfigMap.class,
          Service.class,
          Deployment.class,
          StatefulSet.class,
          NetworkPolicy.class,
          PodDisruptionBudget.class,
          RedisProxy.class);

  private Discovery() {}

  static Map<String, String> documents() {
    Map<String, APIResourceListBuilder> lists = new LinkedHashMap<>();
    APIGroupListBuilder groups = new APIGroupListBuilder();
    for (Class<? extends HasMetadata> kind : KINDS) {
      String group = HasMetadata.getGroup(kind);
      String version = HasMetadata.getApiVersion(kind);
      String path = (group.isEmpty() ? "/api/" : "/apis/") + version;
      if (!group.isEmpty() && !lists.containsKey(path)) {
        var only =
            new GroupVersionForDiscoveryBuilder()
                .withGroupVersion(version)
                .withVersion(HasMetadata.getVersion(kind))
                .build();
        groups.addToGroups(
            new APIGroupBuilder()
                .withName(group)
                .withVersions(only)
                .withPreferredVersion(only)
                .build());
      }
      lists
          .computeIfAbsent(path, any -> new APIResourceListBuilder().withGroupVersion(version))
          .addToResources(
              new APIResourceBuilder()
                  .withName(HasMetadata.getPlural(kind))
                  .withSingularName(HasMetadata.getSingular(kind))
                  .withKind(HasMetadata.getKind(kind))
                  .withNamespaced(Namespaced.class.isAssignableFrom(kind))
                  .withVerbs("create", "delete", "get", "list", "patch", "update", "watch")
                  .build());
    }
    Map<String, String> documents = new LinkedHashMap<>();
    documents.put("/api", "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
    documents.put("/apis", Serialization.asJson(groups.build()));
    lists.forEach((path, list) -> documents.put(path, Serialization.asJson(list.build())));
    return documents;
  }
}
