import com.dylibso.chicory.compiler.MachineFactoryCompiler;
import com.dylibso.chicory.wasm.Parser;
import io.roastedroot.proxywasm.LogLevel;
import io.roastedroot.proxywasm.internal.Action;
import io.roastedroot.proxywasm.internal.ArrayProxyMap;
import io.roastedroot.proxywasm.internal.ChainedHandler;
import io.roastedroot.proxywasm.internal.Handler;
import io.roastedroot.proxywasm.internal.HttpContext;
import io.roastedroot.proxywasm.internal.ProxyMap;
import io.roastedroot.proxywasm.internal.ProxyWasm;
import io.roastedroot.proxywasm.internal.WasmResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends chat completions through the module in a Proxy-Wasm host that shares nothing with Envoy's. Arguments: the module,
 * the plugin's configuration, then files with request bodies. It prints a line for each: status, cluster, model, and the
 * body, parted by tabs; the status is 200 where the request goes on to an engine.
 */
public final class Host {
    public static void main(String[] args) throws Exception {
        var module = Parser.parse(Path.of(args[0]).toFile());
        var plugin = new Events(args[1]);
        try (var vm =
                ProxyWasm.builder()
                        .withPluginHandler(plugin)
                        .withMachineFactory(MachineFactoryCompiler.compile(module))
                        .build(module)) {
            for (int i = 2; i < args.length; i++) {
                System.out.println(send(vm, plugin, Files.readAllBytes(Path.of(args[i]))));
            }
        }
    }

    static String send(ProxyWasm vm, Events plugin, byte[] body) {
        var events = new Request(plugin, body);
        HttpContext context = vm.createHttpContext(events);
        try {
            Action action = context.callOnRequestHeaders(false);
            if (events.status == 0) {
                if (action != Action.PAUSE) {
                    throw new IllegalStateException("the module does not hold the headers");
                }
                action = context.callOnRequestBody(true);
            }
            if (events.status == 0 && action == Action.CONTINUE) {
                events.status = 200;
            }
            return events.status + "\t" + events.headers.get("x-mom-cluster") + "\t" + events.headers.get("x-mom-model")
                    + "\t" + new String(events.body, StandardCharsets.UTF_8).strip();
        } finally {
            context.close();
        }
    }

    /** What the host offers to the plugin as a whole. */
    static final class Events extends ChainedHandler {
        private final byte[] configuration;

        Events(String configuration) {
            this.configuration = configuration.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        protected Handler next() {
            return Handler.DEFAULT;
        }

        @Override
        public byte[] getPluginConfig() {
            return configuration;
        }

        @Override
        public void log(LogLevel level, String message) {
            System.err.println(level + " " + message);
        }

        @Override
        public WasmResult setTickPeriodMilliseconds(int millis) {
            return WasmResult.OK; // this host's clock stands still
        }

        @Override
        public int defineMetric(io.roastedroot.proxywasm.MetricType type, String name) {
            return 1;
        }

        @Override
        public WasmResult incrementMetric(int id, long by) {
            return WasmResult.OK;
        }

        @Override
        public WasmResult recordMetric(int id, long value) {
            return WasmResult.OK;
        }
    }

    /** One request. */
    static final class Request extends ChainedHandler {
        private final Handler plugin;
        final ProxyMap headers = new ArrayProxyMap();
        final Map<List<String>, byte[]> properties = new HashMap<>();
        byte[] body;
        int status;

        Request(Handler plugin, byte[] body) {
            this.plugin = plugin;
            this.body = body;
            headers.add(":method", "POST");
            headers.add(":path", "/v1/chat/completions");
            headers.add(":authority", "llm.test");
            headers.add("content-type", "application/json");
            headers.add("content-length", String.valueOf(body.length));
            headers.add("x-mom-cluster", "forged");
        }

        @Override
        protected Handler next() {
            return plugin;
        }

        @Override
        public ProxyMap getHttpRequestHeaders() {
            return headers;
        }

        @Override
        public byte[] getHttpRequestBody() {
            return body;
        }

        @Override
        public WasmResult setHttpRequestBody(byte[] changed) {
            body = changed;
            return WasmResult.OK;
        }

        @Override
        public byte[] getProperty(List<String> path) throws io.roastedroot.proxywasm.WasmException {
            byte[] value = properties.get(path);
            return value != null ? value : next().getProperty(path);
        }

        @Override
        public WasmResult setProperty(List<String> path, byte[] value) {
            properties.put(path, value);
            return WasmResult.OK;
        }

        @Override
        public WasmResult sendHttpResponse(int code, byte[] details, byte[] answer, ProxyMap extra, int grpc) {
            status = code;
            body = answer;
            return WasmResult.OK;
        }

        @Override
        public WasmResult clearRouteCache() {
            return WasmResult.OK;
        }
    }
}
