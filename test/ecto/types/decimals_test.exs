defmodule Ecto.Adapters.LibSql.Types.DecimalsTest do
  # Decimals as numbers of 15 significant digits, and as texts with all of them.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  import EctoLibSql.StoredValues

  alias Ecto.Adapters.LibSql, as: Adapter

  setup do
    on_exit(fn ->
      for key <- [:decimal_type], do: Application.delete_env(:ecto_libsql, key)
    end)
  end

  property "decimals of up to fifteen digits keep their value" do
    check all(
            coef <- integer(-999_999_999_999..999_999_999_999),
            exp <- integer(-6..2),
            max_runs: 60
          ) do
      value = %Decimal{sign: if(coef < 0, do: -1, else: 1), coef: abs(coef), exp: exp}
      assert Decimal.equal?(stored(:decimal, value), value)
    end
  end

  defmodule Priced do
    use Ecto.Schema

    schema "priced" do
      field(:price, :decimal)
      field(:rebates, {:array, :decimal}, load_in_query: false)
    end
  end

  test "a computed number loads as a decimal of fifteen significant digits" do
    load = fn value ->
      {:ok, decimal} = Ecto.Type.adapter_load(Adapter, :decimal, value)
      Decimal.to_string(decimal, :normal)
    end

    assert load.(5 * 17.99) == "89.95"
    assert load.(-40.25 + 100 - 34.59) == "25.16"
    assert load.(Enum.sum(List.duplicate(0.1, 10))) == "1.0"
    assert load.(-0.1 - 0.2) == "-0.3"
    assert load.(1.0e23 + 1.0e8) == "100000000000000000000000"
    assert load.(1.2345678901234567e-30) == "0.00000000000000000000000000000123456789012346"
    # Up to fifteen digits nothing is rounded.
    assert load.(0.123456789012345) == "0.123456789012345"
    assert load.(999_999_999_999_999.0) == "999999999999999.0"
    assert load.(3.0) == "3.0"
  end

  test "integers and texts load as decimals with all their digits" do
    for text <- ["9223372036854775807", "12345678901234567890.123456789", "1.10"] do
      assert Ecto.Type.adapter_load(Adapter, :decimal, text) == {:ok, Decimal.new(text)}
    end

    assert Ecto.Type.adapter_load(Adapter, :decimal, 9_223_372_036_854_775_807) ==
             {:ok, Decimal.new(9_223_372_036_854_775_807)}
  end

  defmodule CreateStrict do
    use Ecto.Migration

    def change do
      create table(:priced, options: [strict: true]) do
        add(:price, :decimal, precision: 10, scale: 2)
        add(:rebates, {:array, :decimal})
      end
    end
  end

  test "decimals of a STRICT table compare, sort and add up by value" do
    migrate!(CreateStrict)
    for price <- ["10.5", "9", "1.25"], do: Repo.insert!(%Priced{price: Decimal.new(price)})
    ids = &Repo.all(from(p in &1, select: p.id))
    assert ids.(from(p in Priced, order_by: p.price)) == [3, 2, 1]
    assert ids.(from(p in Priced, where: p.price > ^Decimal.new("9.5"))) == [1]
    assert ids.(from(p in Priced, where: p.price == ^Decimal.new(9))) == [2]
    assert ids.(from(p in Priced, where: p.price < 2)) == [3]
    assert Decimal.equal?(Repo.aggregate(Priced, :max, :price), "10.5")
    assert Decimal.equal?(Repo.aggregate(Priced, :sum, :price), "20.75")
  end

  property "exact decimals keep every digit and compare by value" do
    Application.put_env(:ecto_libsql, :decimal_type, :exact)
    parts = {integer(-900_000_000_000_000_000..900_000_000_000_000_000), integer(-12..0)}

    check all({coef, exp} <- parts, max_runs: 60) do
      value = %Decimal{sign: if(coef < 0, do: -1, else: 1), coef: abs(coef), exp: exp}
      assert stored(:decimal, value) == value
      assert stored(:decimal, value, strict: true) == value
    end
  end

  test "exact decimals sort, compare, add up and are incremented without losing a digit" do
    Application.put_env(:ecto_libsql, :decimal_type, :exact)
    sql!("CREATE TABLE priced (id INTEGER PRIMARY KEY, price TEXT COLLATE decimal, rebates TEXT)")
    prices = ["12345678901234567890.10", "9", "10.0", "-1.5"]
    for price <- prices, do: Repo.insert!(%Priced{price: Decimal.new(price)})
    ids = &Repo.all(from(p in &1, order_by: p.id, select: p.id))
    ten = Decimal.new("10")

    assert Repo.all(from(p in Priced, order_by: p.price, select: p.id)) == [4, 2, 3, 1]
    assert ids.(from(p in Priced, where: p.price == ^ten)) == [3]
    assert ids.(from(p in Priced, where: p.price > 9)) == [1, 3]
    assert ids.(from(p in Priced, where: ^ten <= p.price)) == [1, 3]
    assert ids.(from(p in Priced, where: p.price in ^[ten, Decimal.new("9.00")])) == [2, 3]
    assert ids.(from(p in Priced, where: p.price + 1 > ^ten)) == [1, 3]
    assert ids.(from(p in Priced, where: coalesce(p.price, 0) < ^ten)) == [2, 4]

    assert [3] =
             Repo.all(
               from(p in Priced,
                 group_by: p.id,
                 having: sum(p.price) == ^ten and max(p.price) > 9,
                 select: p.id
               )
             )

    assert Repo.aggregate(Priced, :sum, :price) == Decimal.new("12345678901234567907.60")
    assert Repo.aggregate(Priced, :min, :price) == Decimal.new("-1.5")

    assert Repo.one(from(p in Priced, select: filter(sum(p.price), p.id > 1))) ==
             Decimal.new("17.5")

    Repo.update_all(from(p in Priced, where: p.id == 1), inc: [price: Decimal.new("0.01")])
    assert Repo.get!(Priced, 1).price == Decimal.new("12345678901234567890.11")
  end
end
