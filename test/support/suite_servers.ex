defmodule EctoLibSql.SuiteServers do
  @moduledoc false
  # The development servers of a run with ECTO_LIBSQL_SUITE=server_http or server_ws: one for each database, as each has one
  # file. A file's server is found by its path, and lives until the file's folder is released, so that several processes
  # of a test meet on it. A database in memory is gone with the process that has asked for it.
  #
  # This is a process because the servers are started by one process and used by others.

  use GenServer

  alias EctoLibSql.DevServer

  @doc "The URL of the server of a database."
  def url(":memory:") do
    {:ok, server} = DevServer.start_link()
    DevServer.url(server)
  end

  def url(path), do: GenServer.call(running(), {:url, Path.expand(path)}, :infinity)

  @doc "Stops the servers of the databases in a folder."
  def release(folder) do
    with pid when pid != nil <- Process.whereis(__MODULE__) do
      pid
      |> GenServer.call({:release, Path.expand(folder)}, :infinity)
      |> Enum.each(&DevServer.stop/1)
    end
  end

  # Not linked: the first test that asks is not the last.
  defp running do
    case GenServer.start(__MODULE__, [], name: __MODULE__) do
      {:ok, pid} -> pid
      {:error, {:already_started, pid}} -> pid
    end
  end

  @impl GenServer
  def init(_), do: {:ok, %{}}

  @impl GenServer
  def handle_call({:url, path}, _from, servers) do
    servers = Map.put_new_lazy(servers, path, fn -> start(path) end)
    {:reply, DevServer.url(servers[path]), servers}
  end

  def handle_call({:release, folder}, _from, servers) do
    {gone, kept} = Enum.split_with(servers, fn {path, _} -> in_folder?(path, folder) end)
    {:reply, for({_path, server} <- gone, do: server), Map.new(kept)}
  end

  defp in_folder?(path, folder), do: String.starts_with?(path, folder <> "/")

  defp start(path) do
    File.mkdir_p!(Path.dirname(path))
    {:ok, server} = DevServer.start_link(database: path)
    server
  end
end
