defmodule Ecto.Adapters.LibSql.Query.Stream do
  @moduledoc false
  # Repo.stream inside and outside of a transaction. A stream needs one connection from its first row to its last.
  # Inside a transaction it uses the transaction's. Outside, a process checks out a connection and sends one chunk of
  # rows per request. In a pool of one connection, which the reader of the stream may need for other queries, all rows
  # are read first.

  alias Ecto.Adapters.LibSql.Options
  alias Ecto.Adapters.SQL

  @type meta :: Ecto.Adapter.adapter_meta()

  @doc "Makes `inside`, a stream that needs a transaction, one that works without it too."
  @spec anywhere(Enumerable.t(), meta(), keyword()) :: Enumerable.t()
  def anywhere(inside, meta, opts) do
    Options.Query.check!(opts)

    fn acc, fun ->
      cond do
        SQL.in_transaction?(meta) -> Enumerable.reduce(inside, acc, fun)
        one_connection?(meta) -> meta |> at_once(inside, opts) |> Enumerable.reduce(acc, fun)
        true -> meta |> chunks(inside, opts) |> Enumerable.reduce(acc, fun)
      end
    end
  end

  defp one_connection?(%{opts: opts} = meta) do
    SQL.checked_out?(meta) or opts[:pool_size] == 1 or opts[:pool] == SQL.Sandbox
  end

  defp at_once(meta, inside, opts) do
    {:ok, chunks} = reading(meta, opts, fn -> Enum.to_list(inside) end)
    chunks
  end

  # A read transaction without a timeout, because the reader of the stream decides how long it takes.
  defp reading(meta, opts, fun) do
    timeout = Keyword.get(opts, :timeout, :infinity)
    SQL.transaction(meta, [mode: :deferred, timeout: timeout, log: false], fun)
  end

  defp chunks(meta, inside, opts) do
    Stream.resource(fn -> start(meta, inside, opts) end, &next/1, &stop/1)
  end

  defp start(meta, inside, opts) do
    caller = self()
    callers = [caller | Process.get(:"$callers") || []]

    spawn_monitor(fn ->
      Process.put(:"$callers", callers)
      monitor = Process.monitor(caller)

      send_when_asked(
        caller,
        monitor,
        result(fn -> serve(meta, inside, opts, caller, monitor) end)
      )
    end)
  end

  defp result(fun) do
    fun.()
    :done
  rescue
    error -> {:raised, error, __STACKTRACE__}
  end

  defp serve(meta, inside, opts, caller, monitor) do
    {:ok, :done} =
      reading(meta, opts, fn ->
        Enum.each(inside, &send_when_asked(caller, monitor, {:chunk, &1}))
        :done
      end)
  end

  # Sends a message when the caller asks for it; ends when the caller stops or dies.
  defp send_when_asked(caller, monitor, what) do
    receive do
      {:next, ^caller} -> send(caller, {self(), what})
      {:stop, ^caller} -> exit(:normal)
      {:DOWN, ^monitor, :process, _pid, _reason} -> exit(:normal)
    end
  end

  defp next({pid, monitor} = reader) do
    send(pid, {:next, self()})

    receive do
      {^pid, {:chunk, chunk}} -> {[chunk], reader}
      {^pid, :done} -> {:halt, reader}
      {^pid, {:raised, error, stack}} -> reraise error, stack
      {:DOWN, ^monitor, :process, ^pid, reason} -> exit(reason)
    end
  end

  # Returns after the process has ended, so that its connection is back in the pool.
  defp stop({pid, monitor}) do
    send(pid, {:stop, self()})
    Process.demonitor(monitor, [:flush])
    ended = Process.monitor(pid)

    receive do
      {:DOWN, ^ended, :process, ^pid, _reason} -> :ok
    end
  end
end
