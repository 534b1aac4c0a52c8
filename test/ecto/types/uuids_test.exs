defmodule Ecto.Adapters.LibSql.Types.UuidsTest do
  # UUIDs stored as texts and as 16 bytes; both forms load.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  import EctoLibSql.StoredValues

  alias Ecto.Adapters.LibSql, as: Adapter

  setup do
    on_exit(fn ->
      for key <- [:binary_id_type, :uuid_type], do: Application.delete_env(:ecto_libsql, key)
    end)
  end

  for form <- [:string, :binary] do
    property "UUIDs are stored in the form #{form} and load from both" do
      Application.put_env(:ecto_libsql, :uuid_type, unquote(form))
      Application.put_env(:ecto_libsql, :binary_id_type, unquote(form))

      check all(bytes <- binary(length: 16), max_runs: 30) do
        {:ok, text} = Ecto.UUID.load(bytes)

        for type <- [Ecto.UUID, :binary_id] do
          assert stored(type, text) == text
          {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, type, text)
          assert dumped == if(unquote(form) == :string, do: text, else: {:blob, bytes})
          assert {:ok, ^text} = Ecto.Type.adapter_load(Adapter, type, text)
          assert {:ok, ^text} = Ecto.Type.adapter_load(Adapter, type, bytes)
        end
      end
    end
  end

  defmodule Known do
    use Ecto.Schema
    @primary_key {:uid, Ecto.UUID, autogenerate: true}

    schema "known" do
      field(:n, :integer)
    end
  end

  describe "UUIDs of both forms in one column" do
    setup do
      sql!("CREATE TABLE known (uid TEXT PRIMARY KEY, n INTEGER)")
      [text, bytes, other] = for _ <- 1..3, do: Ecto.UUID.generate()
      for uid <- [text, other], do: Repo.insert!(%Known{uid: uid, n: 0})
      Repo.query!("INSERT INTO known VALUES (?, 0)", [{:blob, Ecto.UUID.dump!(bytes)}])
      {:ok, uids: [text, bytes], bytes: bytes}
    end

    defp found(query), do: query |> Repo.all() |> Enum.map(& &1.uid) |> Enum.sort()

    test "are found by conditions, keys and lists where uuid_type is not set", %{
      uids: uids,
      bytes: bytes
    } do
      for uid <- uids do
        assert Repo.get!(Known, uid).uid == uid
        assert found(from(k in Known, where: ^uid == k.uid)) == [uid]
        assert length(found(from(k in Known, where: k.uid != ^uid))) == 2
        assert found(from(k in Known, where: k.uid in [^uid])) == [uid]
        assert found(from(k in Known, where: k.uid == type(^uid, Ecto.UUID))) == [uid]
      end

      assert found(from(k in Known, where: k.uid in ^uids)) == Enum.sort(uids)
      many = for _ <- 1..600, do: Ecto.UUID.generate()
      assert found(from(k in Known, where: k.uid in ^(uids ++ many))) == Enum.sort(uids)
      assert {:ok, _} = Known |> Repo.get!(bytes) |> Ecto.Changeset.change(n: 7) |> Repo.update()
      assert %Known{n: 7} = known = Repo.get!(Known, bytes)
      assert {:ok, _} = Repo.delete(known)
      assert Repo.get(Known, bytes) == nil
      assert Repo.aggregate(Known, :count) == 2
    end

    test "are compared in one form where uuid_type is set", %{uids: [text, bytes]} do
      Application.put_env(:ecto_libsql, :uuid_type, :string)
      assert Repo.get(Known, bytes) == nil
      assert Repo.get(Known, text)
      Application.put_env(:ecto_libsql, :uuid_type, :binary)
      assert Repo.get(Known, bytes)
    end
  end

  test "the first loader of :binary_id is a type that casts ids, as with other adapters" do
    uuid = Ecto.UUID.generate()
    {:ok, bytes} = Ecto.UUID.dump(uuid)
    assert [type, :binary_id] = Adapter.loaders(:binary_id, :binary_id)
    assert Ecto.Type.cast(type, String.upcase(uuid)) == {:ok, uuid}
    for stored <- [uuid, bytes], do: assert(Ecto.Type.load(type, stored) == {:ok, uuid})

    for {form, stored} <- [string: uuid, binary: {:blob, bytes}] do
      Application.put_env(:ecto_libsql, :binary_id_type, form)
      assert Ecto.Type.dump(type, uuid) == {:ok, stored}
    end

    assert Ecto.Type.cast({:array, type}, [uuid, "no uuid"]) == :error
  end

  test "a :binary_id may be any text where ids are stored as texts" do
    [type | _] = Adapter.loaders(:binary_id, :binary_id)

    for id <- ["cfbe8508acedae3230c4ab1bc5713192", "user_1", "user_00000000001"] do
      assert Ecto.Type.cast(type, id) == {:ok, id}
      assert Ecto.Type.adapter_dump(Adapter, :binary_id, id) == {:ok, id}
      assert Ecto.Type.adapter_load(Adapter, :binary_id, id) == {:ok, id}
    end

    assert Ecto.Type.adapter_dump(Adapter, :binary_id, <<255, 0>>) == :error
    assert Ecto.Type.cast(type, 7) == :error
    Application.put_env(:ecto_libsql, :binary_id_type, :binary)
    assert Ecto.Type.adapter_dump(Adapter, :binary_id, "user_1") == :error
    assert Ecto.Type.adapter_load(Adapter, :binary_id, "user_1") == {:ok, "user_1"}
  end

  test "UUIDs are dumped from texts and from bytes" do
    uuid = Ecto.UUID.generate()
    {:ok, bytes} = Ecto.UUID.dump(uuid)

    for {form, stored} <- [string: uuid, binary: {:blob, bytes}], value <- [uuid, bytes] do
      Application.put_env(:ecto_libsql, :uuid_type, form)
      assert Ecto.Type.adapter_dump(Adapter, Ecto.UUID, value) == {:ok, stored}
      assert Ecto.Type.adapter_dump(Adapter, Ecto.UUID, String.upcase(uuid)) == {:ok, stored}
    end

    for value <- ["no uuid", 7],
        do: assert(:error = Ecto.Type.adapter_dump(Adapter, Ecto.UUID, value))
  end
end
