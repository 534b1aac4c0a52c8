defmodule Ecto.Adapters.LibSql.Query.HeapTest do
  # What Repo.all does with its caller's process flags.
  use EctoLibSql.EctoCase, async: true

  setup context do
    sql!("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    Repo.insert_all("t", for(id <- 1..500, do: [id: id]))

    # Runs in the process that reads.
    seen = fn _event, _measurements, _metadata, test -> send(test, {:least, least(), self()}) end
    handler = {__MODULE__, context.test}
    event = Repo.config()[:telemetry_prefix] ++ [:query]
    :telemetry.attach(handler, event, seen, self())
    on_exit(fn -> :telemetry.detach(handler) end)
  end

  defp least do
    {:garbage_collection, settings} = Process.info(self(), :garbage_collection)
    settings[:min_heap_size]
  end

  defp all(limit), do: Repo.all(from(t in "t", where: t.id <= ^limit, select: t.id))

  # The least heap sizes while each of the calls runs, and after all of them.
  defp sizes(calls, opts \\ []) do
    {test, repo} = {self(), Repo.get_dynamic_repo()}

    {reader, monitor} =
      :erlang.spawn_opt(
        fn ->
          Repo.put_dynamic_repo(repo)
          Enum.each(calls, & &1.())
          send(test, {:after, least()})
        end,
        [:monitor | opts]
      )

    assert_receive {:after, later}
    assert_receive {:DOWN, ^monitor, :process, ^reader, :normal}

    during =
      for _ <- calls do
        assert_receive {:least, size, ^reader}
        size
      end

    {during, later}
  end

  test "after a result of some hundred rows the next one has room, and the flag is set back" do
    {[first, second, third], later} = sizes(List.duplicate(fn -> all(500) end, 3))
    assert first == later
    assert second == third and second >= 500 * 8 * 4
  end

  test "smaller results and those that are too large change nothing" do
    {[first, second], first} = sizes(List.duplicate(fn -> all(99) end, 2))
    assert second == first

    wide = for _ <- 1..500, do: List.duplicate(1, 200)
    note = fn -> Ecto.Adapters.LibSql.Query.Heap.note({500, wide}) && all(1) end
    {[unchanged], unchanged} = sizes([note])
  end

  test "the flag is set back when Repo.all raises" do
    wrong = fn ->
      assert_raise EctoLibSql.Error, fn -> Repo.all(from(t in "t", select: t.nope)) end
    end

    {[least, _room], least} = sizes([fn -> all(500) end, wrong])
  end

  test "a process whose heap is limited keeps its flags" do
    {[first, second], first} =
      sizes(List.duplicate(fn -> all(500) end, 2), max_heap_size: 10_000_000)

    assert second == first
  end
end
