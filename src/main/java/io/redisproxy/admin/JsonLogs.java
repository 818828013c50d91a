package io.redisproxy.admin;

import io.quarkus.runtime.StartupEvent;
import io.redisproxy.config.ProxySettings;
import io.vertx.core.json.JsonObject;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.handlers.ConsoleHandler;

/** Has each line of the console's log be an object, for programs, if that is wanted. */
@Singleton
final class JsonLogs {

  /** JBoss' own formatter would need a library for JSON beside the one that is here. */
  private static final class Lines extends ExtFormatter {
    @Override
    public String format(ExtLogRecord event) {
      JsonObject line =
          new JsonObject()
              .put("timestamp", event.getInstant().toString())
              .put("level", event.getLevel().getName())
              .put("loggerName", event.getLoggerName())
              .put("threadName", event.getThreadName())
              .put("message", formatMessage(event));
      if (event.getThrown() != null) {
        StringWriter trace = new StringWriter();
        event.getThrown().printStackTrace(new PrintWriter(trace));
        line.put("stackTrace", trace.toString());
      }
      return line.encode() + "\n";
    }
  }

  void onStart(
      @Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event,
      ProxySettings settings) {
    if (settings.log().format() == ProxySettings.Log.Format.JSON) {
      for (Handler handler : Logger.getLogger("").getHandlers()) {
        apply(handler);
      }
    }
  }

  private static void apply(Handler handler) {
    if (handler instanceof ConsoleHandler) {
      handler.setFormatter(new Lines());
    } else if (handler instanceof ExtHandler nesting) {
      for (Handler nested : nesting.getHandlers()) {
        apply(nested);
      }
    }
  }
}
