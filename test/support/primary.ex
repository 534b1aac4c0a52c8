defmodule EctoLibSql.Primary do
  @moduledoc false
  # A server that replicas follow, for one test: sqld where LIBSQL_SQLD names its program, else the development server.

  alias EctoLibSql.{DevServer, DriverCase}

  @doc "For setup_all: compiles the development server where that is needed, before the time of a test counts."
  def compile!, do: command(nil, "", 0)

  @doc "Whether it is sqld."
  def sqld?, do: System.get_env("LIBSQL_SQLD") != nil

  @doc "A copy of its database, in which nothing is written meanwhile; the file itself is the server's."
  def copy(folder), do: copy_of(file(folder))

  @doc "The same of the development server's that start_development_server!/3 has started in a folder."
  def copy_of_development_server(folder), do: copy_of(Path.join(folder, "primary.db"))

  defp copy_of(file) do
    copy = DriverCase.temp_file()
    for ending <- ["", "-wal"], do: File.cp!(file <> ending, copy <> ending)
    copy
  end

  defp file(folder) do
    if sqld?(),
      do: Path.join(folder, "data.sqld/dbs/default/data"),
      else: Path.join(folder, "primary.db")
  end

  @doc """
  VACUUM of the development server's file by another process of this machine, as clients may not ask for it: `:ok`, or
  `:busy` while others write. sqld's file is left alone: `:refused`.
  """
  def vacuum(folder), do: if(sqld?(), do: :refused, else: vacuum_file(file(folder)))

  defp vacuum_file(file) do
    {:ok, state} = EctoLibSql.connect(database: file)
    answer = EctoLibSql.handle_execute("VACUUM", [], [timeout: 600_000], state)
    EctoLibSql.disconnect([], state)

    case answer do
      {:ok, _, _, _} -> :ok
      {:error, %EctoLibSql.Error{kind: :busy}, _} -> :busy
    end
  end

  @doc """
  Takes away the log of one that does not run, if it has begun one, as its disk might. sqld begins a new one after
  kill!/1 by itself.
  """
  def lose_log!(folder) do
    unless sqld?(), do: File.rm(file(folder) <> "-replication-log")
  end

  @doc "For `setup`: one in a folder, a connection to it, and a path for its replica."
  def start_in_folder do
    folder = DriverCase.temp_folder()
    port = free_port()
    {url, os_pid} = start_on!(folder, port)
    {:ok, primary} = EctoLibSql.connect(uri: url)
    path = Path.join(folder, "replica.db")
    %{folder: folder, port: port, os_pid: os_pid, url: url, primary: primary, path: path}
  end

  @doc "What `EctoLibSql.connect/1` answers for a replica."
  def replica(path, url, options \\ []),
    do: EctoLibSql.connect([database: path, uri: url, mode: :remote_replica] ++ options)

  @doc "A connection to a replica."
  def replica!(path, url, options \\ []) do
    {:ok, state} = replica(path, url, options)
    state
  end

  @doc "Starts one that ends with the test; returns its URL."
  def start!(folder) do
    {url, _os_pid} = start_on!(folder, free_port())
    url
  end

  @doc "The same on a port; returns also the process, for `kill!/1`."
  def start_on!(folder, tcp_port),
    do: start_program!(command(System.get_env("LIBSQL_SQLD"), folder, tcp_port), tcp_port)

  @doc "Starts the development server, whatever LIBSQL_SQLD says, with further arguments; returns its URL."
  def start_development_server!(folder, tcp_port, arguments) do
    {program, args} = command(nil, folder, tcp_port)
    {url, _os_pid} = start_program!({program, arguments ++ args}, tcp_port)
    url
  end

  @doc "Starts a program that listens on a port and ends with the test; returns its URL and its process."
  def start_program!({program, args}, tcp_port) do
    port = Port.open({:spawn_executable, program}, [:binary, :stderr_to_stdout, args: args])

    {:os_pid, os_pid} = Port.info(port, :os_pid)
    ExUnit.Callbacks.on_exit(fn -> kill!(os_pid) end)
    # Its output is nobody's; the port must be read by a process that lives.
    keeper = spawn(fn -> drain() end)
    Port.connect(port, keeper)
    Process.unlink(port)
    DriverCase.eventually(fn -> listens?(tcp_port) end)
    {"http://127.0.0.1:#{tcp_port}", os_pid}
  end

  defp command(nil, folder, tcp_port) do
    {:ok, program} = DevServer.executable()
    {program, ["--port", "#{tcp_port}", Path.join(folder, "primary.db")]}
  end

  defp command(sqld, folder, tcp_port) do
    {sqld, ["-d", Path.join(folder, "data.sqld"), "--http-listen-addr", "127.0.0.1:#{tcp_port}"]}
  end

  def kill!(os_pid), do: System.cmd("kill", ["-9", "#{os_pid}"], stderr_to_stdout: true)

  def free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end

  defp listens?(port) do
    case :gen_tcp.connect({127, 0, 0, 1}, port, []) do
      {:ok, socket} ->
        :gen_tcp.close(socket)
        true

      {:error, _reason} ->
        false
    end
  end

  defp drain do
    receive do
      _output -> drain()
    end
  end
end
