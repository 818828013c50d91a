package io.redisproxy.admin;

import io.quarkus.runtime.configuration.MemorySize;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ProxySettings;
import io.smallrye.config.common.utils.StringUtil;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Configuration as JSON: settings by the names that users give them, records by those of their
 * components, whatever is added to them; what may be a secret is left out.
 */
final class Shown {
  private static final Pattern SECRET = Pattern.compile("(?i).*(password|secret|token|privateKey)");

  private Shown() {}

  static JsonObject settings(ProxySettings settings) {
    return group(ProxySettings.class, settings);
  }

  static JsonArray list(Collection<?> values) {
    JsonArray json = new JsonArray();
    values.forEach(value -> json.add(value(value)));
    return json;
  }

  /** A part of the settings, which is known by its interface. */
  private static JsonObject group(Class<?> type, Object group) {
    JsonObject json = new JsonObject();
    for (Method method : ordered(type.getDeclaredMethods())) {
      if (method.getParameterCount() == 0 && !method.isSynthetic()) {
        Class<?> declared = method.getReturnType();
        Object value = get(method, group);
        json.put(
            StringUtil.skewer(method.getName()),
            declared.getEnclosingClass() == ProxySettings.class
                ? group(declared, value)
                : value(value));
      }
    }
    return json;
  }

  private static List<Method> ordered(Method[] methods) {
    return Arrays.stream(methods).sorted(Comparator.comparing(Method::getName)).toList();
  }

  private static JsonObject record(Record shown) {
    JsonObject json = new JsonObject();
    for (RecordComponent component : shown.getClass().getRecordComponents()) {
      Object value = value(get(component.getAccessor(), shown));
      if (value != null) {
        boolean secret = SECRET.matcher(component.getName()).matches();
        json.put(component.getName(), secret ? "***" : value);
      }
    }
    return json;
  }

  private static JsonObject map(Map<?, ?> values) {
    Map<String, Object> sorted = new TreeMap<>();
    values.forEach((key, value) -> sorted.put(key.toString(), value(value)));
    return new JsonObject(sorted);
  }

  private static Object value(Object value) {
    if (value == null) {
      return null;
    }
    if (value instanceof Optional<?> optional) {
      return optional.map(Shown::value).orElse(null);
    }
    if (value instanceof OptionalInt optional) {
      return optional.isPresent() ? optional.getAsInt() : null;
    }
    if (value instanceof Duration duration) {
      return duration.toMillis() + "ms";
    }
    if (value instanceof MemorySize size) {
      return size.asLongValue();
    }
    if (value instanceof X509Certificate certificate) {
      return certificate.getSubjectX500Principal()
          + ", until "
          + certificate.getNotAfter().toInstant();
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
    if (value instanceof Map<?, ?> map) {
      return map(map);
    }
    if (value instanceof Set<?> set) {
      return list(set.stream().map(Object::toString).sorted().toList());
    }
    if (value instanceof Collection<?> collection) {
      return list(collection);
    }
    if (value instanceof Record shown && !(value instanceof NodeAddress)) {
      return record(shown);
    }
    return value instanceof Number || value instanceof Boolean ? value : value.toString();
  }

  private static Object get(Method accessor, Object from) {
    try {
      return accessor.invoke(from);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException(accessor.getName(), e);
    }
  }
}
