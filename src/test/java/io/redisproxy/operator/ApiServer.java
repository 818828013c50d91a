package io.redisproxy.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/**
 * fabric8's stand-in for an API server, and what it lacks for an operator: server-side apply, the
 * collection of what has lost its owner, and refusals. Lists are applied as a whole.
 */
final class ApiServer implements AutoCloseable {
  private static final Set<String> UNREAL =
      Set.of("apiVersion", "kind", "name", "namespace", "resourceVersion", "managedFields", "uid");

  private static final String OPERATOR = "operator";

  private final Rights rights = new Rights(Path.of("k8s/operator"));
  private final Dispatcher objects = new Dispatcher();
  private final KubernetesMockServer server =
      new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), objects, false);

  /** What has been written but for events and leases, as methods and paths. */
  private final List<String> writes = new CopyOnWriteArrayList<>();

  private volatile Predicate<String> refusals = write -> false;

  /** What takes the place of the object whose status is written next; null if nothing does. */
  private final AtomicReference<RedisProxy> successor = new AtomicReference<>();

  /** What takes the place of objects just before they are written, by method and path. */
  private final Map<String, HasMetadata> rivals = new ConcurrentHashMap<>();

  private volatile Map<String, String> discovery = Map.of();

  ApiServer() throws IOException {
    server.start();
    try (KubernetesClient client = client();
        InputStream definition = Files.newInputStream(Path.of("k8s/operator/crd.yaml"))) {
      client.load(definition).create();
    }
    writes.clear();
  }

  /** Has the kind that the Prometheus operator brings. */
  void addServiceMonitors() {
    server.expectCustomResource(
        CustomResourceDefinitionContext.fromCustomResourceType(ServiceMonitor.class));
  }

  /** Tells what kinds there are, as kubectl asks before anything else. */
  void tellKinds() {
    discovery = Discovery.documents();
  }

  String url() {
    return server.url("/");
  }

  /** Of somebody who may do everything. */
  KubernetesClient client() {
    return server.createClient();
  }

  /** Of the operator, who has the rights of its manifests. */
  KubernetesClient operatorClient() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(client().getConfiguration())
                .withOauthToken(OPERATOR)
                .withWatchReconnectInterval(100)
                .build())
        .build();
  }

  List<String> writes() {
    return writes;
  }

  /** Says that somebody has not the right to what these find, as method and path. */
  void refuse(Predicate<String> refused) {
    refusals = refused;
  }

  /** Has somebody delete a RedisProxy and make another one just before its status is written. */
  void replaceBeforeStatus(RedisProxy next) {
    successor.set(next);
  }

  /** Has somebody write an object just before somebody else does, once. */
  void writeBefore(String write, HasMetadata rival) {
    rivals.put(write, rival);
  }

  @Override
  public void close() {
    server.shutdown();
  }

  private final class Dispatcher extends KubernetesCrudDispatcher {

    @Override
    public MockResponse dispatch(RecordedRequest request) {
      String path = request.getPath().replaceFirst("\\?.*", "");
      if (path.endsWith("/selfsubjectrulesreviews")) {
        return answer(201, Serialization.asJson(Serialization.unmarshal(RULES)));
      }
      if (("Bearer " + OPERATOR).equals(request.getHeader("Authorization"))
          && !rights.allow(request.getMethod(), request.getPath())) {
        return status(403, "Forbidden", "the operator may not " + request.getMethod() + " " + path);
      }
      String write = request.getMethod() + " " + path;
      if (refusals.test(write)) {
        return status(403, "Forbidden", "nobody may " + write);
      }
      if (request.method() == HttpMethod.GET) {
        if (discovery.containsKey(path)) {
          return answer(200, discovery.get(path)).addHeader("Content-Type", "application/json");
        }
        return super.dispatch(request);
      }
      if (!path.contains("/leases") && !path.contains("/events")) {
        writes.add(write);
      }
      HasMetadata rival = rivals.remove(write);
      synchronized (this) {
        if (rival != null) {
          ObjectNode object = parse(Serialization.asJson(rival));
          meta(object).remove("resourceVersion");
          handleUpdate(copy(request, HttpMethod.PUT, path, object));
        }
        MockResponse response = super.dispatch(request);
        collectOrphans();
        return response;
      }
    }

    @Override
    public MockResponse handlePatch(RecordedRequest request) {
      if (!request.getHeader("Content-Type").contains("apply-patch")) {
        return super.handlePatch(request);
      }
      String path = request.getPath().replaceFirst("\\?.*", "");
      RedisProxy next = path.endsWith("/status") ? successor.get() : null;
      String object = path.replaceFirst("/status$", "");
      // One that another test has deleted may still be written about.
      if (next != null && handleDelete(object).code() == 200) {
        successor.set(null);
        handleCreate(
            copy(
                request,
                HttpMethod.POST,
                object.replaceFirst("/[^/]*$", ""),
                parse(Serialization.asJson(next))));
      }
      String manager = request.getPath().replaceFirst(".*fieldManager=([^&]*).*", "$1");
      ObjectNode applied = parse(request.getBody().readUtf8());
      ObjectNode fields = fields(applied);
      MockResponse found = handleGet(object);
      if (found.code() != 200 && path.endsWith("/status")) {
        return status(404, "NotFound", path);
      }
      if (found.code() != 200) {
        meta(applied).remove("resourceVersion");
        meta(applied).set("managedFields", managed(null, manager, fields));
        return super.handleCreate(
            copy(request, HttpMethod.POST, path.replaceFirst("/[^/]*$", ""), applied));
      }
      ObjectNode current = parse(found.getBody().readUtf8());
      JsonNode version = meta(applied).path("resourceVersion");
      if (version.isTextual() && !version.equals(meta(current).get("resourceVersion"))) {
        return status(409, "Conflict", "the object has been modified");
      }
      drop(current, before(current, manager), fields);
      combine(current, applied);
      meta(current).set("managedFields", managed(current, manager, fields));
      meta(current).remove("resourceVersion");
      return super.handleUpdate(copy(request, HttpMethod.PUT, path, current));
    }

    private void collectOrphans() {
      Set<String> alive = new HashSet<>();
      List<ObjectNode> all = getMap().values().stream().map(ApiServer::parse).toList();
      all.forEach(object -> alive.add(meta(object).path("uid").asText()));
      for (Map.Entry<AttributeSet, String> entry : new ArrayList<>(getMap().entrySet())) {
        JsonNode owners = meta(parse(entry.getValue())).path("ownerReferences");
        boolean orphaned = !owners.isEmpty();
        for (JsonNode owner : owners) {
          orphaned &= !alive.contains(owner.path("uid").asText());
        }
        if (orphaned) {
          processEvent("", entry.getKey(), entry.getKey(), null, null);
        }
      }
    }
  }

  private static final String RULES =
      """
      apiVersion: authorization.k8s.io/v1
      kind: SelfSubjectRulesReview
      status:
        incomplete: false
        nonResourceRules: []
        resourceRules:
          - apiGroups: [coordination.k8s.io]
            resources: [leases]
            verbs: [get, create, update, patch]
      """;

  private static RecordedRequest copy(
      RecordedRequest request, HttpMethod method, String path, ObjectNode body) {
    return new RecordedRequest(
        request.getHttpVersion(),
        method,
        path,
        request.getHeaders(),
        new Buffer().writeUtf8(body.toString()));
  }

  private static MockResponse answer(int code, String body) {
    return new MockResponse().setResponseCode(code).setBody(body);
  }

  private static MockResponse status(int code, String reason, String message) {
    return answer(
        code,
        Serialization.asJson(
            new StatusBuilder()
                .withStatus("Failure")
                .withCode(code)
                .withReason(reason)
                .withMessage(message)
                .build()));
  }

  private static ObjectNode parse(String json) {
    return (ObjectNode) Serialization.unmarshal(json, JsonNode.class);
  }

  private static ObjectNode meta(ObjectNode object) {
    return (ObjectNode) object.get("metadata");
  }

  /** As managedFields have them. */
  private static ObjectNode fields(JsonNode object) {
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    object
        .properties()
        .forEach(
            field -> {
              if (!UNREAL.contains(field.getKey()) || object.has("matchLabels")) {
                JsonNode value = field.getValue();
                fields.set(
                    "f:" + field.getKey(),
                    value.isObject() ? fields(value) : JsonNodeFactory.instance.objectNode());
              }
            });
    return fields;
  }

  private static ArrayNode managed(ObjectNode current, String manager, ObjectNode fields) {
    ArrayNode entries = JsonNodeFactory.instance.arrayNode();
    if (current != null) {
      for (JsonNode entry : meta(current).path("managedFields")) {
        if (!entry.path("manager").asText().equals(manager)) {
          entries.add(entry);
        }
      }
    }
    ObjectNode entry = entries.addObject();
    entry.put("manager", manager).put("operation", "Apply").put("fieldsType", "FieldsV1");
    entry.set("fieldsV1", fields);
    return entries;
  }

  private static JsonNode before(ObjectNode current, String manager) {
    for (JsonNode entry : meta(current).path("managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return entry.path("fieldsV1");
      }
    }
    return JsonNodeFactory.instance.objectNode();
  }

  /** What a manager had, and does not apply any more. */
  private static void drop(ObjectNode object, JsonNode before, JsonNode now) {
    before
        .properties()
        .forEach(
            field -> {
              String name = field.getKey().substring(2);
              if (!now.has(field.getKey())) {
                object.remove(name);
              } else if (object.get(name) instanceof ObjectNode inner) {
                drop(inner, field.getValue(), now.get(field.getKey()));
              }
            });
  }

  private static void combine(ObjectNode object, ObjectNode applied) {
    applied
        .properties()
        .forEach(
            field -> {
              if (object.get(field.getKey()) instanceof ObjectNode inner
                  && field.getValue() instanceof ObjectNode value) {
                combine(inner, value);
              } else {
                object.set(field.getKey(), field.getValue());
              }
            });
  }
}
