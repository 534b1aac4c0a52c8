defmodule Ecto.Adapters.LibSql.Query.Stream do
  @moduledoc false
  # Repo.stream without a transaction. A stream needs one connection from its first row to its last.
  # Inside a transaction that is the transaction's; outside, a process of its own holds one and hands over
  # a portion whenever it is asked. Where there is but one connection, which whoever reads the stream may
  # need as well, the rows are read at once.

  alias Ecto.Adapters.LibSql.Options
  alias Ecto.Adapters.SQL

  @type meta :: Ecto.Adapter.adapter_meta()

  @doc "`inside`, a stream that works in a transaction, as one that works everywhere."
  @spec anywhere(Enumerable.t(), meta(), keyword()) :: Enumerable.t()
  def anywhere(inside, meta, opts) do
    Options.Query.check!(opts)

    fn acc, fun ->
      cond do
        SQL.in_transaction?(meta) -> Enumerable.reduce(inside, acc, fun)
        one_connection?(meta) -> meta |> at_once(inside, opts) |> Enumerable.reduce(acc, fun)
        true -> meta |> portions(inside, opts) |> Enumerable.reduce(acc, fun)
      end
    end
  end

  defp one_connection?(%{opts: opts} = meta) do
    SQL.checked_out?(meta) or opts[:pool_size] == 1 or opts[:pool] == SQL.Sandbox
  end

  defp at_once(meta, inside, opts) do
    {:ok, portions} = reading(meta, opts, fn -> Enum.to_list(inside) end)
    portions
  end

  # It only reads, and may take as long as the reader of the stream does.
  defp reading(meta, opts, fun) do
    timeout = Keyword.get(opts, :timeout, :infinity)
    SQL.transaction(meta, [mode: :deferred, timeout: timeout, log: false], fun)
  end

  defp portions(meta, inside, opts) do
    Stream.resource(fn -> start(meta, inside, opts) end, &next/1, &stop/1)
  end

  defp start(meta, inside, opts) do
    caller = self()
    callers = [caller | Process.get(:"$callers") || []]

    spawn_monitor(fn ->
      Process.put(:"$callers", callers)
      monitor = Process.monitor(caller)
      hand_over(caller, monitor, result(fn -> serve(meta, inside, opts, caller, monitor) end))
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
        Enum.each(inside, &hand_over(caller, monitor, {:portion, &1}))
        :done
      end)
  end

  # Waits until it is asked for; ends with whoever asks.
  defp hand_over(caller, monitor, what) do
    receive do
      {:next, ^caller} -> send(caller, {self(), what})
      {:stop, ^caller} -> exit(:normal)
      {:DOWN, ^monitor, :process, _pid, _reason} -> exit(:normal)
    end
  end

  defp next({pid, monitor} = reader) do
    send(pid, {:next, self()})

    receive do
      {^pid, {:portion, portion}} -> {[portion], reader}
      {^pid, :done} -> {:halt, reader}
      {^pid, {:raised, error, stack}} -> reraise error, stack
      {:DOWN, ^monitor, :process, ^pid, reason} -> exit(reason)
    end
  end

  # The connection is free again when the stream has ended.
  defp stop({pid, monitor}) do
    send(pid, {:stop, self()})
    Process.demonitor(monitor, [:flush])
    ended = Process.monitor(pid)

    receive do
      {:DOWN, ^ended, :process, ^pid, _reason} -> :ok
    end
  end
end
