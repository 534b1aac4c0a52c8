defmodule EctoLibSql.DevServer do
  @moduledoc """
  Runs a libSQL server on this machine, for development and tests. Production is Turso or sqld.

      {:ok, server} = EctoLibSql.DevServer.start_link()
      EctoLibSql.DevServer.url(server)
      #=> "http://127.0.0.1:40817"

  In a test suite, start one per run, in `test/test_helper.exs`:

      {:ok, server} = EctoLibSql.DevServer.start_link()
      Application.put_env(:my_app, MyApp.Repo, uri: EctoLibSql.DevServer.url(server))

  The server is an operating-system process, `libsql-dev-server`. It stops with the process that has started it, and with the
  VM, however that ends. It is compiled when it is first used, which takes a minute or two and needs what compiling
  `ecto_libsql` needs, and `libcli11-dev`.

  This is a process because a port needs an owner, which hears when the server ends by itself.

  ## Options

    * `:database` - the file. Without it, the database is gone with the server
    * `:host` - the address to listen on. Default: `"127.0.0.1"`
    * `:port` - default: `0`, any that is free
    * `:token` - a token that allows everything. Without `:token`, `:read_only_token` and `:jwt_key_file`, no token is asked for
    * `:read_only_token` - a token that allows reading
    * `:jwt_key_file` - the path of the public keys of JSON web tokens (EdDSA)
    * `:cert`, `:key` - the paths of a certificate and its private key, for TLS
    * `:stream_idle_time` - milliseconds after which an HTTP stream expires that nobody uses. Default: `10_000`, as in sqld
    * `:transaction_time` - milliseconds after which a transaction that keeps another writer waiting ends. Default: `5_000`
    * `:max_streams` - how many streams may be open: transactions, cursors, requests that run over a WebSocket. Default: `512`
    * `:generations` - `true`: replicas sync by generations, "V2", in place of `/pull-updates`. Default: `false`
    * `:executable` - the path of `libsql-dev-server`. Default: the environment variable `LIBSQL_DEV_SERVER`, else the one that
      is compiled with `ecto_libsql`
    * `:name` - registers the process
  """

  use GenServer

  @type option ::
          {:database, Path.t()}
          | {:host, String.t()}
          | {:port, :inet.port_number()}
          | {:token, String.t()}
          | {:read_only_token, String.t()}
          | {:jwt_key_file, Path.t()}
          | {:cert, Path.t()}
          | {:key, Path.t()}
          | {:stream_idle_time, pos_integer()}
          | {:transaction_time, pos_integer()}
          | {:max_streams, pos_integer()}
          | {:generations, boolean()}
          | {:executable, Path.t()}
          | {:name, GenServer.name()}

  @options ~w(database host port token read_only_token jwt_key_file cert key stream_idle_time transaction_time max_streams
              generations executable name)a
  @token_variable "LIBSQL_DEV_SERVER_TOKEN"
  @read_only_variable "LIBSQL_DEV_SERVER_READ_ONLY_TOKEN"
  # Opening a database may wait for another process; nothing else takes long.
  @start_timeout 20_000
  # The server itself gives requests that run two seconds.
  @stop_timeout 4_000

  @doc """
  Starts a server and returns when it listens. Errors: `{:error, text}`, what the server has printed.
  """
  @spec start_link([option]) :: GenServer.on_start()
  def start_link(options \\ []) do
    {name, options} = options |> Keyword.validate!(@options) |> Keyword.split([:name])
    GenServer.start_link(__MODULE__, options, name)
  end

  @doc """
  The server's URL, e.g. `"http://127.0.0.1:40817"`.
  """
  @spec url(GenServer.server()) :: String.t()
  def url(server), do: GenServer.call(server, :url)

  @doc """
  Stops a server. Open transactions are rolled back.
  """
  @spec stop(GenServer.server()) :: :ok
  def stop(server), do: GenServer.stop(server)

  @doc """
  The path of `libsql-dev-server`, which is compiled if that is needed.
  """
  @spec executable() :: {:ok, Path.t()} | {:error, String.t()}
  def executable do
    case System.get_env("LIBSQL_DEV_SERVER") do
      path when path in [nil, ""] -> compiled()
      path -> {:ok, path}
    end
  end

  # Mix has loaded the compiler of the native part with mix.exs. A release has no Mix.
  defp compiled do
    compiler = Mix.Tasks.Compile.Libsql

    if Code.ensure_loaded?(compiler) do
      apply(compiler, :server, [])
    else
      {:error, "no libsql-dev-server here: Mix is not running; name one in LIBSQL_DEV_SERVER"}
    end
  end

  # --- The process ---

  @impl GenServer
  def init(options) do
    Process.flag(:trap_exit, true)

    with {:ok, path} <- find(options),
         port = open(path, options),
         {:ok, url} <- await_url(port, "") do
      {:ok, %{port: port, url: url}}
    else
      {:error, text} -> {:stop, text}
    end
  end

  defp find(options) do
    case Keyword.fetch(options, :executable) do
      {:ok, path} -> {:ok, path}
      :error -> executable()
    end
  end

  defp open(path, options) do
    Port.open({:spawn_executable, path}, [
      :binary,
      :exit_status,
      :stderr_to_stdout,
      line: 4096,
      args: arguments(options),
      env: environment(options)
    ])
  end

  defp arguments(options) do
    ["--stop-with-stdin", "--port", "#{Keyword.get(options, :port, 0)}"] ++
      Enum.flat_map(options, &argument/1)
  end

  defp argument({:database, path}), do: [path]
  defp argument({:host, host}), do: ["--host", host]
  defp argument({:token, _}), do: ["--token-env", @token_variable]
  defp argument({:read_only_token, _}), do: ["--read-only-token-env", @read_only_variable]
  defp argument({:jwt_key_file, path}), do: ["--jwt-key-file", path]
  defp argument({:cert, path}), do: ["--cert", path]
  defp argument({:key, path}), do: ["--key", path]
  defp argument({:stream_idle_time, time}), do: ["--stream-idle-time", "#{time / 1000}"]
  defp argument({:transaction_time, time}), do: ["--transaction-time", "#{time / 1000}"]
  defp argument({:max_streams, count}), do: ["--max-streams", "#{count}"]
  defp argument({:generations, true}), do: ["--generations"]
  defp argument({:generations, false}), do: []
  defp argument({option, _}) when option in [:port, :executable], do: []

  # In the environment and not among the arguments, which every user of the machine can see.
  defp environment(options) do
    for {option, variable} <- [token: @token_variable, read_only_token: @read_only_variable],
        token = options[option],
        do: {String.to_charlist(variable), String.to_charlist(token)}
  end

  defp await_url(port, output) do
    receive do
      {^port, {:data, {:eol, "listening " <> url}}} ->
        {:ok, url}

      {^port, {:data, {_, text}}} ->
        await_url(port, output <> text <> "\n")

      {^port, {:exit_status, status}} ->
        {:error, "libsql-dev-server ended with #{status}: #{output}"}
    after
      @start_timeout ->
        {:error, "libsql-dev-server does not listen after #{@start_timeout} ms: #{output}"}
    end
  end

  @impl GenServer
  def handle_call(:url, _from, state), do: {:reply, state.url, state}

  @impl GenServer
  def handle_info({port, {:exit_status, status}}, %{port: port} = state) do
    {:stop, {:shutdown, {:libsql_dev_server_ended, status}}, state}
  end

  def handle_info(_message, state), do: {:noreply, state}

  # Waits until nobody listens any more. Without this, the end of its standard input would end the server, a little later.
  @impl GenServer
  def terminate(_reason, %{port: port}) do
    with {:os_pid, pid} <- Port.info(port, :os_pid) do
      System.cmd("kill", ["-TERM", "#{pid}"], stderr_to_stdout: true)

      receive do
        {^port, {:exit_status, _status}} -> :ok
      after
        @stop_timeout -> Port.close(port)
      end
    end
  end
end
