package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.CRUDKubernetesDependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependentResourceConfigBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.net.HttpURLConnection;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One kind of the objects that a RedisProxy comes to. It is made, kept as it should be, and owned
 * by the RedisProxy, with which it goes. One that somebody else has made is left alone.
 */
final class Child<R extends HasMetadata> extends CRUDKubernetesDependentResource<R, RedisProxy> {

  /** What becomes of an object that isn't as it should be. */
  interface Observer {
    /** It has just been made or changed. */
    void onApplied(RedisProxy proxy, HasMetadata before, HasMetadata after);
  }

  private final Class<R> type;
  private final Function<RedisProxy, String> objectName;
  private final BiFunction<Plan, Context<RedisProxy>, R> wanted;
  private final Observer observer;

  /**
   * An object of that name.
   *
   * @param wanted how it should be
   */
  Child(
      Class<R> type,
      Function<RedisProxy, String> objectName,
      BiFunction<Plan, Context<RedisProxy>, R> wanted,
      Observer observer) {
    super(type, type.getSimpleName());
    this.type = type;
    this.objectName = objectName;
    this.wanted = wanted;
    this.observer = observer;
    configureWith(
        new KubernetesDependentResourceConfigBuilder<R>()
            .withUseSSA(true)
            .withCreateResourceOnlyIfNotExistingWithSSA(true)
            .withKubernetesDependentInformerConfig(
                InformerConfiguration.builder(type).withLabelSelector(Names.MANAGED).build())
            .build());
  }

  @Override
  protected R desired(RedisProxy proxy, Context<RedisProxy> context) {
    return wanted.apply(Plan.of(context), context);
  }

  @Override
  protected ResourceID targetSecondaryResourceID(RedisProxy proxy, Context<RedisProxy> context) {
    return new ResourceID(objectName.apply(proxy), proxy.getMetadata().getNamespace());
  }

  @Override
  protected void addReferenceHandlingMetadata(R desired, RedisProxy proxy) {
    desired.addOwnerReference(proxy, true, false);
  }

  @Override
  public R create(R desired, RedisProxy proxy, Context<RedisProxy> context) {
    R made;
    try {
      made = super.create(desired, proxy, context);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      made = takeBack(desired, proxy, context);
    }
    observer.onApplied(proxy, null, made);
    return made;
  }

  /** It may be one that is missed only as somebody has taken its label away. */
  private R takeBack(R desired, RedisProxy proxy, Context<RedisProxy> context) {
    desired.getMetadata().setResourceVersion(null);
    HasMetadata found = context.getClient().resource(desired).get();
    if (found != null && !found.hasOwnerReferenceFor(proxy)) {
      throw new ApplyException(
          ApplyException.CONFLICT,
          "there is a "
              + this
              + " "
              + desired.getMetadata().getName()
              + " that this RedisProxy has not made; delete it, or give the RedisProxy another"
              + " name");
    }
    return super.update(desired, desired, proxy, context);
  }

  @Override
  public R update(R actual, R desired, RedisProxy proxy, Context<RedisProxy> context) {
    R updated = super.update(actual, desired, proxy, context);
    observer.onApplied(proxy, actual, updated);
    return updated;
  }

  @Override
  public String toString() {
    return type.getSimpleName();
  }
}
